namespace ModelZoo.Git;

/// <summary>Which lines two texts share, by E. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986).</summary>
static class LineMatch
{
    /// <summary>
    /// Most removed and added lines that are looked for. The search keeps about this number squared of integers (8 MB) and
    /// costs lines × this number; texts that differ more are shown as wholly replaced.
    /// </summary>
    const int MaxDifferences = 1400;

    /// <returns>For every line of <paramref name="before"/> the index of its partner in <paramref name="after"/>, or -1. Partners ascend.</returns>
    public static int[] Find(ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
        var partners = new int[before.Length];
        Array.Fill(partners, -1);
        var head = before.CommonPrefixLength(after);
        for (var i = 0; i < head; i++) partners[i] = i;
        before = before[head..];
        after = after[head..];
        var tail = 0;
        while (tail < before.Length && tail < after.Length && before[^(tail + 1)] == after[^(tail + 1)]) tail++;
        for (var i = 1; i <= tail; i++) partners[^i] = head + after.Length - i;
        Search(before[..^tail], after[..^tail], partners.AsSpan(head), head);
        return partners;
    }

    static void Search(ReadOnlySpan<int> before, ReadOnlySpan<int> after, Span<int> partners, int offset)
    {
        if (before.IsEmpty || after.IsEmpty) return;
        var max = Math.Min(before.Length + after.Length, MaxDifferences);
        var furthest = new int[2 * max + 3];                // by diagonal k = x - y, at k + max + 1: the furthest x reached
        var history = new List<int[]>();                    // per number of differences d: furthest for k = -d … d, before round d
        for (var d = 0; d <= max; d++)
        {
            history.Add(furthest[(max + 1 - d)..(max + 2 + d)]);
            for (var k = -d; k <= d; k += 2)
            {
                var x = GoesDown(furthest[max + k], furthest[max + 2 + k], k, d) ? furthest[max + 2 + k] : furthest[max + k] + 1;
                var y = x - k;
                if (x <= before.Length && y <= after.Length && y >= 0) x += before[x..].CommonPrefixLength(after[y..]);
                furthest[max + 1 + k] = x;
                if (x < before.Length || x - k < after.Length) continue;
                if (x == before.Length && x - k == after.Length) { Trace(history, before.Length, after.Length, partners, offset); return; }
            }
        }
    }

    static bool GoesDown(int left, int right, int k, int d) => k == -d || (k != d && left < right);

    /// <summary>Walks from the end back through the rounds; every diagonal step is a shared line.</summary>
    static void Trace(List<int[]> history, int x, int y, Span<int> partners, int offset)
    {
        for (var d = history.Count - 1; d >= 0; d--)
        {
            var k = x - y;
            var round = history[d];                         // diagonal k at k + d
            var left = k - 1 < -d ? 0 : round[k - 1 + d];
            var right = k + 1 > d ? 0 : round[k + 1 + d];
            var wentDown = GoesDown(left, right, k, d);
            var startX = d == 0 ? 0 : wentDown ? right : left + 1;
            while (x > startX) partners[--x] = offset + --y;
            if (wentDown) y--; else x--;                    // back over the one added or removed line
        }
    }
}
