using System.Globalization;
using System.Text.Json;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>JSON of submissions: bounded in depth, each key once, numbers finite.</summary>
static class SubmissionJson
{
    public const int MaxDepth = 64;

    public static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    public static JsonDocument Parse(SubmissionFile file, SubmissionOptions options)
    {
        var content = SubmissionText.Whole(file, options);
        try
        {
            return JsonDocument.Parse(content, Options);
        }
        catch (JsonException broken)
        {
            throw Refusal(file, broken);
        }
    }

    public static JsonDocument ParseLine(SubmissionFile file, int number, string line)
    {
        try
        {
            var document = JsonDocument.Parse(line, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new EvaluationException($"{file.Path}, line {number}: an object is expected.");
        }
        catch (JsonException broken)
        {
            throw Refusal(file, broken, number);
        }
    }

    public static EvaluationException Refusal(SubmissionFile file, JsonException broken, int? line = null)
    {
        var place = $"{file.Path}, line {line ?? (broken.LineNumber ?? 0) + 1}";
        // Python writes NaN and Infinity, which JSON does not have.
        if (broken.Message.Contains("'N'", StringComparison.Ordinal) || broken.Message.Contains("'I'", StringComparison.Ordinal))
            return new($"{place}: a number is not finite (NaN or Infinity).", broken);
        if (broken.Message.Contains("depth", StringComparison.OrdinalIgnoreCase)) return new($"{place}: values are nested deeper than {MaxDepth}.", broken);
        return new($"{place}: this is not valid JSON.", broken);
    }

    /// <summary>A number, also when written as text; null where it is neither.</summary>
    public static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    public static JsonElement? Find(this JsonElement value, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out var inner)) return null;
            value = inner;
        }
        return value.ValueKind == JsonValueKind.Null ? null : value;
    }

    public static string? FindText(this JsonElement value, params ReadOnlySpan<string> path) => value.Find(path) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    public static int? FindWhole(this JsonElement value, params ReadOnlySpan<string> path) =>
        value.Find(path) is { } found && Number(found) is { } number && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue ? (int)number : null;

    public static IEnumerable<JsonProperty> Members(this JsonElement value, string name) =>
        value.Find(name) is { ValueKind: JsonValueKind.Object } inner ? inner.EnumerateObject() : [];
}
