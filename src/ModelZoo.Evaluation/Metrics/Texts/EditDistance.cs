namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>Levenshtein distance and longest common subsequence of number sequences, 64 places at a time.</summary>
/// <remarks>G. Myers 1999 and H. Hyyrö 2003 and 2004, in blocks.</remarks>
static class EditDistance
{
    /// <summary>Most words of the table of places; longer pairs are refused rather than waited for.</summary>
    const long MaxTable = 1L << 24;
    const long MaxSteps = 1L << 31;

    public static int Of(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var from = a.CommonPrefixLength(b);
        a = a[from..];
        b = b[from..];
        var to = 0;
        while (to < a.Length && to < b.Length && a[^(to + 1)] == b[^(to + 1)]) to++;
        a = a[..^to];
        b = b[..^to];
        if (a.Length > b.Length)
        {
            var longer = a;
            a = b;
            b = longer;
        }
        if (a.Length == 0) return b.Length;
        var (places, blocks) = Table(a, b.Length);
        var (plus, minus) = (new ulong[blocks], new ulong[blocks]);
        Array.Fill(plus, ulong.MaxValue);
        var last = 1UL << (a.Length - 1 & 63);
        var distance = a.Length;
        var none = new ulong[blocks];
        foreach (var symbol in b)
        {
            var at = places.GetValueOrDefault(symbol, none);
            var carry = 1;
            for (var block = 0; block < blocks; block++)
            {
                var (equal, pv, mv) = (at[block], plus[block], minus[block]);
                var xv = equal | mv;
                if (carry < 0) equal |= 1;
                var xh = ((equal & pv) + pv ^ pv) | equal;
                var (ph, mh) = (mv | ~(xh | pv), pv & xh);
                var high = block == blocks - 1 ? last : 1UL << 63;
                var outward = (ph & high) != 0 ? 1 : (mh & high) != 0 ? -1 : 0;
                (ph, mh) = (ph << 1, mh << 1);
                if (carry < 0) mh |= 1;
                else if (carry > 0) ph |= 1;
                (plus[block], minus[block]) = (mh | ~(xv | ph), ph & xv);
                carry = outward;
            }
            distance += carry;
        }
        return distance;
    }

    public static int CommonLength(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        if (a.Length > b.Length) return CommonLength(b, a);
        if (a.Length == 0) return 0;
        var (places, blocks) = Table(a, b.Length);
        var rows = new ulong[blocks];
        Array.Fill(rows, ulong.MaxValue);
        foreach (var symbol in b)
        {
            if (!places.TryGetValue(symbol, out var at)) continue;
            var carry = 0UL;
            for (var block = 0; block < blocks; block++)
            {
                var v = rows[block];
                var u = v & at[block];
                var sum = v + u;
                var over = sum < v ? 1UL : 0;
                var total = sum + carry;
                if (total < sum) over = 1;
                rows[block] = total | (v - u);
                carry = over;
            }
        }
        var common = 0;
        for (var i = 0; i < a.Length; i++)
            if ((rows[i >> 6] >> (i & 63) & 1) == 0) common++;
        return common;
    }

    static (Dictionary<int, ulong[]> Places, int Blocks) Table(ReadOnlySpan<int> symbols, int other)
    {
        var blocks = symbols.Length + 63 >> 6;
        if ((long)blocks * other > MaxSteps) throw new EvaluationException($"Texts of {symbols.Length} and {other} pieces are too long to compare.");
        var places = new Dictionary<int, ulong[]>();
        for (var i = 0; i < symbols.Length; i++)
        {
            if (!places.TryGetValue(symbols[i], out var own))
            {
                if ((long)(places.Count + 1) * blocks > MaxTable) throw new EvaluationException($"Texts of {symbols.Length} and {other} pieces are too long to compare.");
                places[symbols[i]] = own = new ulong[blocks];
            }
            own[i >> 6] |= 1UL << (i & 63);
        }
        return (places, blocks);
    }
}
