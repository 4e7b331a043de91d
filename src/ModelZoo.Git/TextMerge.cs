namespace ModelZoo.Git;

/// <summary>Brings together two versions of a text that began as one: by lines, as diff3 does (S. Khanna et al., "A Formal Investigation of Diff3", 2007).</summary>
public static class TextMerge
{
    /// <returns>Null when both changed the same lines, or lines that touch each other, in different ways.</returns>
    public static string? Merge(string before, string ours, string theirs)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        string[] lines = TextDiff.SplitLines(before), a = TextDiff.SplitLines(ours), b = TextDiff.SplitLines(theirs);
        int[] numbered = TextDiff.Number(lines, numbers), inOurs = TextDiff.Number(a, numbers), inTheirs = TextDiff.Number(b, numbers);
        int[] toOurs = LineMatch.Find(numbered, inOurs), toTheirs = LineMatch.Find(numbered, inTheirs);
        var merged = new System.Text.StringBuilder(Math.Max(ours.Length, theirs.Length));
        for (int line = 0, x = 0, y = 0; ;)
        {
            // A line that all three have, up to which everything between is one piece.
            var next = line;
            while (next < lines.Length && (toOurs[next] < 0 || toTheirs[next] < 0)) next++;
            var (endX, endY) = next < lines.Length ? (toOurs[next], toTheirs[next]) : (a.Length, b.Length);
            ReadOnlySpan<int> piece = numbered.AsSpan(line..next), mine = inOurs.AsSpan(x..endX), other = inTheirs.AsSpan(y..endY);
            if (mine.SequenceEqual(piece)) Append(merged, b.AsSpan(y..endY));
            else if (other.SequenceEqual(piece) || mine.SequenceEqual(other)) Append(merged, a.AsSpan(x..endX));
            else return null;
            if (next == lines.Length) return merged.ToString();
            merged.Append(lines[next]);
            (line, x, y) = (next + 1, endX + 1, endY + 1);
        }
    }

    static void Append(System.Text.StringBuilder text, ReadOnlySpan<string> lines)
    {
        foreach (var line in lines) text.Append(line);
    }
}
