using System.Text;

namespace ModelZoo.Evaluation.Data;

/// <summary>Plain text: each line a row, or the whole file.</summary>
static class TextRows
{
    public static IEnumerable<IReadOnlyDictionary<string, object?>> ReadLines(DataFile file, DataLimits limits)
    {
        using var content = file.Open(limits);
        var lines = new LineReader(content, file, limits.MaxRowBytes);
        while (lines.TryRead(out var line)) yield return Row(lines.Text(line));
    }

    public static IEnumerable<IReadOnlyDictionary<string, object?>> ReadWhole(DataFile file, DataLimits limits)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(file.ReadAll(limits));
        }
        catch (DecoderFallbackException)
        {
            throw file.Bad("not valid UTF-8.");
        }
        yield return Row(text);
    }

    static Dictionary<string, object?> Row(string text) => new(1, StringComparer.Ordinal) { ["text"] = text };
}
