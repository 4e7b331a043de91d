using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Cli.Running;

/// <summary>One thing that a model is asked: JSON, or the bytes of a picture or a sound.</summary>
/// <param name="Id">The line of its file, or the file's name.</param>
sealed record RunInput(string Id, JsonNode? Json, string? File)
{
    static readonly string[] s_binary = [".png", ".jpg", ".jpeg", ".ppm", ".pgm", ".bmp", ".wav"];

    /// <summary>What stands on the command line: the path of a picture or sound, a row of numbers for models of tables, else a text.</summary>
    public static RunInput Of(string text, string? task)
    {
        if (s_binary.Contains(Path.GetExtension(text).ToLowerInvariant()) && System.IO.File.Exists(text)) return new(text, null, text);
        return new(text, task == "tabular-classification" ? Row(text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)) : JsonValue.Create(text), null);
    }

    /// <summary>A file of JSON lines, a CSV file, or a folder of pictures or sounds. Inputs come in the file's order; pictures by name.</summary>
    public static IEnumerable<RunInput> Read(string path, string? task)
    {
        if (Directory.Exists(path))
            return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => s_binary.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)
                .Select(file => new RunInput(Path.GetRelativePath(path, file).Replace('\\', '/'), null, file));
        if (!System.IO.File.Exists(path)) throw new UsageException($"There is no '{path}'.");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jsonl" or ".ndjson" => ReadLines(path),
            ".csv" => ReadTable(path, task),
            ".txt" => System.IO.File.ReadLines(path).Select((line, i) => new RunInput(Number(i), JsonValue.Create(line), null)),
            _ => throw new UsageException($"'{path}' is neither .jsonl, .csv, .txt nor a folder of pictures."),
        };
    }

    static IEnumerable<RunInput> ReadLines(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var number = 0;
        foreach (var line in System.IO.File.ReadLines(path))
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            yield return OfLine(line, Number(number++), folder);
        }
    }

    static RunInput OfLine(string line, string number, string folder)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(line, documentOptions: new() { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            throw new UsageException($"Line {number} is not JSON.");
        }
        if (node is not JsonObject record) return new(number, node, null);
        var id = record["id"]?.ToString() ?? number;
        if (record["image"] is JsonValue image && image.TryGetValue(out string? file)) return new(id, null, Path.Combine(folder, file));
        foreach (var key in (string[])["inputs", "prompt", "text", "row"])
            if (record[key] is { } value && !(key == "text" && record["text_pair"] is not null)) return new(id, value.DeepClone(), null);
        return record["text"] is not null ? new(id, new JsonObject { ["text"] = record["text"]!.DeepClone(), ["text_pair"] = record["text_pair"]!.DeepClone() }, null)
            : throw new UsageException($"Line {number} has none of \"inputs\", \"text\", \"prompt\", \"image\", \"row\".");
    }

    /// <summary>A column called text, prompt or image where there is one; else every column is a number of a row.</summary>
    static IEnumerable<RunInput> ReadTable(string path, string? task)
    {
        var rows = CsvText.Read(System.IO.File.ReadAllText(path, Encoding.UTF8)).ToList();
        if (rows.Count == 0) yield break;
        var column = task == "tabular-classification" ? -1 : Array.FindIndex(rows[0], name => name is "text" or "prompt" or "image" or "inputs");
        // A header that is all numbers is none.
        var start = column < 0 && rows[0].All(cell => double.TryParse(cell, CultureInfo.InvariantCulture, out _)) ? 0 : 1;
        for (var i = start; i < rows.Count; i++)
        {
            var id = Number(i - start);
            if (column >= 0 && rows[0][column] == "image") yield return new(id, null, Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, rows[i][column]));
            else yield return new(id, column >= 0 ? JsonValue.Create(rows[i].Length > column ? rows[i][column] : "") : Row(rows[i]), null);
        }
    }

    static JsonArray Row(IEnumerable<string> cells) => new([.. cells.Select(cell => double.TryParse(cell, CultureInfo.InvariantCulture, out var number) ? (JsonNode)number : throw new UsageException($"'{cell}' is no number."))]);

    static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);
}

/// <summary>CSV as RFC 4180 writes it.</summary>
static class CsvText
{
    public static IEnumerable<string[]> Read(string text)
    {
        var (row, field, isQuoted, isAny) = (new List<string>(), new StringBuilder(), false, false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            isAny = true;
            if (isQuoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"') isQuoted = !isQuoted;
            else if (isQuoted || c is not (',' or '\n' or '\r')) field.Append(c);
            else if (c == ',') Take();
            else if (c == '\n')
            {
                Take();
                yield return [.. row];
                row.Clear();
                isAny = false;
            }
        }
        if (!isAny) yield break;
        Take();
        yield return [.. row];

        void Take()
        {
            row.Add(field.ToString());
            field.Clear();
        }
    }
}
