using System.Text;

namespace ModelZoo.Git;

/// <summary>Groups lines into hunks.</summary>
static class DiffHunks
{
    /// <summary>How far up a heading is looked for: bounds texts with many hunks and no heading.</summary>
    const int MaxSectionDistance = 2000;

    /// <param name="before">Lines with their line feeds.</param>
    /// <param name="partners">For every line before, the index of the same line after, or -1.</param>
    public static List<DiffHunk> Of(string[] before, string[] after, int[] partners, int context)
    {
        var lines = AllLines(before, after, partners);
        var hunks = new List<DiffHunk>();
        for (var next = 0; next < lines.Count;)
        {
            var first = lines.FindIndex(next, line => line.Kind != DiffLineKind.Context);
            if (first < 0) break;
            var last = first;
            // Changes with at most 2 × context lines between them share a hunk.
            for (var i = first + 1; i < lines.Count && i - last - 1 <= 2L * context; i++)
                if (lines[i].Kind != DiffLineKind.Context) last = i;
            var start = Math.Max(next, first - context);
            next = (int)Math.Min(lines.Count, last + 1L + context);
            hunks.Add(Hunk(lines, start, next, before));
        }
        return hunks;
    }

    static DiffHunk Hunk(List<DiffLine> all, int start, int end, string[] before)
    {
        var lines = all[start..end];
        int beforeCount = lines.Count(line => line.BeforeNumber is not null), afterCount = lines.Count(line => line.AfterNumber is not null);
        // A hunk without a line on one side names the line above it there; a changed line stands above the hunk only without context.
        var above = start - 1;
        int beforeStart = lines.Find(line => line.BeforeNumber is not null)?.BeforeNumber ?? 0, afterStart = lines.Find(line => line.AfterNumber is not null)?.AfterNumber ?? 0;
        for (var i = above; beforeStart == 0 && i >= 0; i--) beforeStart = all[i].BeforeNumber ?? 0;
        for (var i = above; afterStart == 0 && i >= 0; i--) afterStart = all[i].AfterNumber ?? 0;
        return new(beforeStart, beforeCount, afterStart, afterCount, FindSection(before, beforeCount == 0 ? beforeStart : beforeStart - 1), lines);
    }

    /// <summary>As git finds it without a rule for the language (xdiff/xemit.c, def_ff): at most 80 bytes.</summary>
    static string FindSection(string[] before, int linesAbove)
    {
        for (var i = linesAbove - 1; i >= Math.Max(0, linesAbove - MaxSectionDistance); i--)
        {
            var line = before[i];
            if (line.Length == 0 || !(char.IsAsciiLetter(line[0]) || line[0] is '_' or '$')) continue;
            var length = Math.Min(line.Length, 80);
            while (Encoding.UTF8.GetByteCount(line.AsSpan(0, length)) > 80 || (length < line.Length && char.IsLowSurrogate(line[length]))) length--;
            return line[..length].TrimEnd(' ', '\t', '\n', '\v', '\f', '\r');
        }
        return "";
    }

    static List<DiffLine> AllLines(string[] before, string[] after, int[] partners)
    {
        var lines = new List<DiffLine>(before.Length + after.Length);
        var now = 0;
        for (var old = 0; old <= before.Length; old++)
        {
            // Removed lines stand before the added lines that take their place.
            if (old < before.Length && partners[old] < 0)
            {
                lines.Add(Line(DiffLineKind.Removed, old + 1, null, before[old]));
                continue;
            }
            for (var until = old < before.Length ? partners[old] : after.Length; now < until; now++) lines.Add(Line(DiffLineKind.Added, null, now + 1, after[now]));
            if (old < before.Length) lines.Add(Line(DiffLineKind.Context, old + 1, ++now, before[old]));
        }
        return lines;
    }

    static DiffLine Line(DiffLineKind kind, int? before, int? after, string text) =>
        text.EndsWith('\n') ? new(kind, before, after, text[..^1], false) : new(kind, before, after, text, true);
}
