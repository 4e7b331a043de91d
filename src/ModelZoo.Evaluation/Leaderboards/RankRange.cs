using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Leaderboards;

/// <param name="Best">One more than there are models significantly better.</param>
/// <param name="Worst">As many as there are models not significantly worse.</param>
public sealed record RankRange(int Best, int Worst)
{
    /// <summary>p after Holm's correction, below which two models are separated.</summary>
    public const double Alpha = 0.05;

    /// <summary>Neighbours compared on each side to begin with.</summary>
    const int Window = 25;

    /// <summary>
    /// Ranges for some places of a ranked board. Each model is compared with its neighbours, outward until they are separated from it; Holm's correction goes over the
    /// neighbours compared. Null where a model has neither samples nor a standard error: a point estimate has no range.
    /// </summary>
    /// <param name="places">Of <paramref name="ranked"/>.</param>
    /// <param name="paired">p of the paired test of two entries on the samples that they share; null where they share none.</param>
    public static IReadOnlyList<RankRange?> Of(IReadOnlyList<BoardEntry> entries, ReadOnlySpan<Ranked> ranked, Range places, Func<int, int, double?>? paired = null)
    {
        var count = ranked.Length;
        while (count > 0 && ranked[count - 1].Rank is null) count--;
        var (from, length) = places.GetOffsetAndLength(ranked.Length);
        var ranges = new RankRange?[length];
        var known = new Dictionary<(int, int), double?>();
        for (var i = 0; i < length; i++) ranges[i] = from + i < count ? One(entries, ranked[..count], from + i, paired, known) : null;
        return ranges;
    }

    static RankRange? One(IReadOnlyList<BoardEntry> entries, ReadOnlySpan<Ranked> ranked, int place, Func<int, int, double?>? paired, Dictionary<(int, int), double?> known)
    {
        var (above, below) = (Math.Min(Window, place), Math.Min(Window, ranked.Length - 1 - place));
        while (true)
        {
            var values = new double?[above + below + 1];
            var any = false;
            for (var other = place - above; other <= place + below; other++)
            {
                if (other == place) continue;
                values[other - place + above] = Test(entries, ranked[place].Index, ranked[other].Index, paired, known);
                any |= values[other - place + above] is not null;
            }
            if (!any && ranked.Length > 1) return null;
            double[] tested = [.. values.OfType<double>()];
            var adjusted = Corrections.Holm(tested);
            var (better, worse, at, firstApart, lastApart) = (0, 0, 0, false, false);
            for (var k = 0; k < values.Length; k++)
            {
                // What cannot be tested is not separated.
                var apart = values[k] is not null && adjusted[at++] < Alpha && entries[ranked[place - above + k].Index].Value != entries[ranked[place].Index].Value;
                if (k < above && apart) better++;
                if (k > above && apart) worse++;
                if (k == 0) firstApart = apart;
                if (k == values.Length - 1) lastApart = apart;
            }
            var (moreAbove, moreBelow) = (above < place && !firstApart, below < ranked.Length - 1 - place && !lastApart);
            if (!moreAbove && !moreBelow) return new(1 + (place - above) + better, ranked.Length - (ranked.Length - 1 - place - below) - worse);
            if (moreAbove) above = Math.Min(place, above * 2);
            if (moreBelow) below = Math.Min(ranked.Length - 1 - place, below * 2);
        }
    }

    static double? Test(IReadOnlyList<BoardEntry> entries, int a, int b, Func<int, int, double?>? paired, Dictionary<(int, int), double?> known)
    {
        var key = a < b ? (a, b) : (b, a);
        if (paired is not null)
        {
            if (!known.TryGetValue(key, out var p)) known[key] = p = paired(key.Item1, key.Item2);
            if (p is not null) return p;
        }
        return entries[a].Stderr is { } errorA && entries[b].Stderr is { } errorB ? UnpairedTests.Difference(entries[a].Value, errorA, entries[b].Value, errorB) : null;
    }
}
