using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Profiling;

/// <summary>
/// Rows of named texts from CSV (a header line, quotes doubled inside quotes) or from JSON (an object or a list of objects). Both carry the same
/// records, so a device that a user types in is read as those of the registry are.
/// </summary>
public static class RecordTable
{
    const int MaxFields = 200;

    /// <exception cref="ProfileException">Neither CSV nor JSON of this shape, or too large.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, string>> Parse(ReadOnlySpan<byte> content)
    {
        if (content.Length > ProfileLimits.MaxTableBytes) throw new ProfileException($"The table has {content.Length} bytes; at most {ProfileLimits.MaxTableBytes} are read.");
        if (content.StartsWith("\uFEFF"u8)) content = content[3..];
        return content.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..] ? ParseJson(content) : ParseCsv(Encoding.UTF8.GetString(content));
    }

    static List<IReadOnlyDictionary<string, string>> ParseJson(ReadOnlySpan<byte> content)
    {
        try
        {
            var options = new JsonReaderOptions { MaxDepth = ProfileLimits.MaxDepth };
            JsonText.Check(content, options);
            var reader = new Utf8JsonReader(content, options);
            using var document = JsonDocument.ParseValue(ref reader);
            var items = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().ToList() : [document.RootElement];
            if (items.Count > ProfileLimits.MaxTableRows) throw new ProfileException($"The table has more than {ProfileLimits.MaxTableRows} rows.");
            return [.. items.Select(Row)];
        }
        catch (JsonException problem)
        {
            throw new ProfileException("The table is not valid JSON, or nested too deeply.", problem);
        }

        static IReadOnlyDictionary<string, string> Row(JsonElement item)
        {
            if (item.ValueKind != JsonValueKind.Object) throw new ProfileException("Each row of the table must be a JSON object.");
            var row = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var field in item.EnumerateObject())
            {
                if (row.Count == MaxFields) throw new ProfileException($"A row has more than {MaxFields} fields.");
                row[field.Name] = field.Value.ValueKind switch
                {
                    JsonValueKind.String => field.Value.GetString()!,
                    JsonValueKind.Null => "",
                    _ => field.Value.GetRawText(),
                };
            }
            return row;
        }
    }

    static List<IReadOnlyDictionary<string, string>> ParseCsv(string text)
    {
        var rows = new List<IReadOnlyDictionary<string, string>>();
        string[]? header = null;
        foreach (var fields in Lines(text))
        {
            if (header is null)
            {
                header = [.. fields];
                if (header.Distinct(StringComparer.Ordinal).Count() != header.Length) throw new ProfileException("The table names a column twice.");
                continue;
            }
            if (fields is [""]) continue;
            if (fields.Count != header.Length) throw new ProfileException($"Row {rows.Count + 1} has {fields.Count} fields, the header {header.Length}.");
            if (rows.Count == ProfileLimits.MaxTableRows) throw new ProfileException($"The table has more than {ProfileLimits.MaxTableRows} rows.");
            var row = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < header.Length; i++) row[header[i]] = fields[i];
            rows.Add(row);
        }
        return rows;
    }

    static IEnumerable<List<string>> Lines(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[++i]);
                else quoted = false;
            }
            else if (c == '"' && field.Length == 0) quoted = true;
            else if (c == ',') End();
            else if (c == '\n')
            {
                End();
                yield return fields;
                fields = [];
            }
            else if (c != '\r') field.Append(c);
        }
        if (quoted) throw new ProfileException("A quote of the table is never closed.");
        if (fields.Count > 0 || field.Length > 0)
        {
            End();
            yield return fields;
        }

        void End()
        {
            if (fields.Count == MaxFields) throw new ProfileException($"A row has more than {MaxFields} fields.");
            fields.Add(field.ToString());
            field.Clear();
        }
    }

    internal static string? FindText(IReadOnlyDictionary<string, string> row, string name) => row.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    /// <summary>A number that is finite and not negative; null when the field is empty.</summary>
    internal static double? FindNumber(IReadOnlyDictionary<string, string> row, string name)
    {
        if (FindText(row, name) is not { } text) return null;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number) || number < 0)
            throw new ProfileException($"'{name}' is '{(text.Length > 40 ? text[..40] : text)}', which is no number of zero or more.");
        return number;
    }

    internal static string GetId(IReadOnlyDictionary<string, string> row) =>
        FindText(row, "id") is { Length: <= 100 } id ? id : throw new ProfileException("Each row needs an 'id' of at most 100 characters.");
}
