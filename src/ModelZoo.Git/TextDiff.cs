using System.Text;
using System.Text.Unicode;

namespace ModelZoo.Git;

/// <summary>The difference of two texts, as structure for a page or as the text that git diff prints and git apply reads.</summary>
public static class TextDiff
{
    /// <summary>Git looks for a NUL in this many bytes (xdiff-interface.c, FIRST_FEW_BYTES).</summary>
    const int BinaryProbeBytes = 8000;

    /// <summary>The changed lines with <paramref name="context"/> unchanged lines around; empty for equal texts.</summary>
    public static IReadOnlyList<DiffHunk> Hunks(string before, string after, int context = 3)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(context);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        string[] old = SplitLines(before), now = SplitLines(after);
        return DiffHunks.Of(old, now, LineMatch.Find(Number(old, numbers), Number(now, numbers)), context);
    }

    /// <summary>Git's own test for a NUL near the start, and also bytes that are not UTF-8, which no page can show.</summary>
    public static bool IsBinary(ReadOnlySpan<byte> content) =>
        content[..Math.Min(content.Length, BinaryProbeBytes)].Contains((byte)0) || !Utf8.IsValid(content);

    /// <param name="pathBefore">Null for a file that is new; no path both times is refused.</param>
    /// <param name="pathAfter">Null for a file that was deleted.</param>
    /// <returns>Empty when nothing differs.</returns>
    public static string Unified(string? pathBefore, string? pathAfter, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, int context = 3)
    {
        if (pathBefore == pathAfter && before.SequenceEqual(after)) return "";
        var text = new StringBuilder();
        AppendHeader(text, pathBefore, pathAfter, before, after);
        if (before.SequenceEqual(after)) return text.ToString();
        string a = pathBefore is null ? "/dev/null" : QuotedText.Write("a/" + pathBefore), b = pathAfter is null ? "/dev/null" : QuotedText.Write("b/" + pathAfter);
        if (IsBinary(before) || IsBinary(after)) return text.Append("Binary files ").Append(a).Append(" and ").Append(b).Append(" differ\n").ToString();
        text.Append("--- ").Append(a).Append(Blank(a)).Append("\n+++ ").Append(b).Append(Blank(b)).Append('\n');
        foreach (var hunk in Hunks(Encoding.UTF8.GetString(before), Encoding.UTF8.GetString(after), context)) AppendHunk(text, hunk);
        return text.ToString();
    }

    /// <inheritdoc cref="Unified(string?, string?, ReadOnlySpan{byte}, ReadOnlySpan{byte}, int)"/>
    public static string Unified(string? pathBefore, string? pathAfter, string before, string after, int context = 3) =>
        Unified(pathBefore, pathAfter, Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(after), context);

    static void AppendHeader(StringBuilder text, string? pathBefore, string? pathAfter, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        string from = pathBefore ?? pathAfter ?? throw new ArgumentException("A difference needs a path.", nameof(pathAfter)), to = pathAfter ?? from;
        text.Append("diff --git ").Append(QuotedText.Write("a/" + from)).Append(' ').Append(QuotedText.Write("b/" + to)).Append('\n');
        if (pathBefore is null) text.Append("new file mode 100644\n");
        else if (pathAfter is null) text.Append("deleted file mode 100644\n");
        else if (from != to) text.Append("rename from ").Append(QuotedText.Write(from)).Append("\nrename to ").Append(QuotedText.Write(to)).Append('\n');
        if (before.SequenceEqual(after) && pathBefore is not null && pathAfter is not null) return;
        text.Append("index ").Append(ShortId(pathBefore, before)).Append("..").Append(ShortId(pathAfter, after));
        text.Append(pathBefore is null || pathAfter is null ? "\n" : " 100644\n");
    }

    static void AppendHunk(StringBuilder text, DiffHunk hunk)
    {
        text.Append(hunk.Header).Append('\n');
        foreach (var line in hunk.Lines)
        {
            text.Append(line.Kind switch { DiffLineKind.Added => '+', DiffLineKind.Removed => '-', _ => ' ' }).Append(line.Text).Append('\n');
            if (line.EndsFile) text.Append("\\ No newline at end of file\n");
        }
    }

    static string ShortId(string? path, ReadOnlySpan<byte> content) => path is null ? "0000000" : GitHash.Of(ObjectType.Blob, content).Hex[..7];

    /// <summary>Git ends a name that holds blanks with a tab, so that other tools do not take its end for a date.</summary>
    static string Blank(string name) => name.Contains(' ') ? "\t" : "";

    /// <summary>Lines with their line feeds, so that a missing last one makes a different line.</summary>
    internal static string[] SplitLines(string text)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is var feed and >= 0 ? feed + 1 : text.Length;
            lines.Add(text[start..end]);
            start = end;
        }
        return [.. lines];
    }

    internal static int[] Number(string[] lines, Dictionary<string, int> numbers)
    {
        var numbered = new int[lines.Length];
        for (var i = 0; i < lines.Length; i++)
            if (!numbers.TryGetValue(lines[i], out numbered[i])) numbers[lines[i]] = numbered[i] = numbers.Count;
        return numbered;
    }
}
