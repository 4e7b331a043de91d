using System.Text.Json;

namespace ModelZoo.Evaluation.Data;

/// <summary>JSON lines, or one JSON list of objects.</summary>
static class JsonRows
{
    static readonly JsonDocumentOptions s_options = new() { MaxDepth = 64 };

    public static IEnumerable<IReadOnlyDictionary<string, object?>> Read(DataFile file, DataLimits limits)
    {
        using var content = file.Open(limits);
        var lines = new LineReader(content, file, limits.MaxRowBytes);
        while (lines.TryRead(out var line))
        {
            if (line.Span.Trim(" \t"u8).IsEmpty) continue;
            if (lines.Line == 1 && line.Span.TrimStart(" \t"u8)[0] == '[')
            {
                foreach (var row in ReadList(file, limits)) yield return row;
                yield break;
            }
            yield return ReadLine(line, file, lines.Line, limits);
        }
    }

    static Dictionary<string, object?> ReadLine(ReadOnlyMemory<byte> line, DataFile file, long number, DataLimits limits)
    {
        try
        {
            using var json = JsonDocument.Parse(line, s_options);
            return json.RootElement.ValueKind == JsonValueKind.Object ? ReadObject(json.RootElement, limits) : throw file.BadLine(number, $"a row must be a JSON object, not {json.RootElement.ValueKind}.");
        }
        catch (JsonException e)
        {
            throw new EvaluationException($"{file.Path}, line {number}: not valid JSON, or nested deeper than {s_options.MaxDepth} ({e.Message})", e);
        }
        catch (InvalidOperationException e)
        {
            throw new EvaluationException($"{file.Path}, line {number}: a text is not valid Unicode.", e);
        }
    }

    static List<IReadOnlyDictionary<string, object?>> ReadList(DataFile file, DataLimits limits)
    {
        try
        {
            using var json = JsonDocument.Parse(file.ReadAll(limits), s_options);
            return [.. json.RootElement.EnumerateArray().Select((row, i) => row.ValueKind == JsonValueKind.Object ? ReadObject(row, limits) : throw file.Bad($"row {i} of the list is no object."))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new EvaluationException($"{file.Path}: not valid JSON ({e.Message})", e);
        }
    }

    static Dictionary<string, object?> ReadObject(JsonElement json, DataLimits limits)
    {
        var row = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            row[property.Name] = ReadValue(property.Value, limits);
            if (row.Count > limits.MaxColumns) throw new EvaluationException($"A row has more than {limits.MaxColumns} columns.");
        }
        return row;
    }

    /// <summary>A JSON value as documents hold it; whole numbers that fit are <see cref="long"/>.</summary>
    public static object? ReadValue(JsonElement json, DataLimits limits) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? (object)whole : json.GetDouble(),
        JsonValueKind.Array => json.EnumerateArray().Select(item => ReadValue(item, limits)).ToList(),
        JsonValueKind.Object => ReadObject(json, limits),
        _ => null,
    };
}
