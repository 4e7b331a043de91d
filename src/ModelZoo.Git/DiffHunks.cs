namespace ModelZoo.Git;

/// <summary>Groups lines into hunks.</summary>
static class DiffHunks
{
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
            hunks.Add(Hunk(lines, start, next));
        }
        return hunks;
    }

    static DiffHunk Hunk(List<DiffLine> all, int start, int end)
    {
        var lines = all[start..end];
        int before = 0, after = 0;
        for (var i = 0; i < start; i++)
        {
            if (all[i].BeforeNumber is not null) before++;
            if (all[i].AfterNumber is not null) after++;
        }
        int beforeCount = lines.Count(line => line.BeforeNumber is not null), afterCount = lines.Count(line => line.AfterNumber is not null);
        return new(beforeCount == 0 ? before : before + 1, beforeCount, afterCount == 0 ? after : after + 1, afterCount, lines);
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
