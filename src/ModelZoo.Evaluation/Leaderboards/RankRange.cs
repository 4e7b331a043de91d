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

    /// <summary>Neighbours compared on each side at most. Who stands further away is not counted as separated, unless the last one compared is: a range grows, it never shrinks.</summary>
    const int MostNeighbours = 1600;

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
        int[] order = [.. ranked[..count].ToArray().Select(one => one.Index)];
        for (var i = 0; i < length; i++)
            ranges[i] = from + i < count ? At(count, from + i, place => (entries[order[place]].Value, entries[order[place]].Stderr), paired is null ? null : (a, b) => Paired(order[a], order[b])) : null;
        return ranges;

        double? Paired(int a, int b)
        {
            var key = a < b ? (a, b) : (b, a);
            return known.TryGetValue(key, out var p) ? p : known[key] = paired(key.Item1, key.Item2);
        }
    }

    /// <summary>The range of one place of a board that is sorted already.</summary>
    /// <param name="count">Places that have a rank.</param>
    /// <param name="at">Value and standard error of a place, best first.</param>
    /// <param name="paired">p of the paired test of two places; null where they share no samples.</param>
    public static RankRange? At(int count, int place, Func<int, (double Value, double? Stderr)> at, Func<int, int, double?>? paired = null)
    {
        var own = at(place);
        var (above, below) = (Math.Min(Window, place), Math.Min(Window, count - 1 - place));
        while (true)
        {
            var values = new double?[above + below + 1];
            var any = false;
            for (var other = place - above; other <= place + below; other++)
            {
                if (other == place) continue;
                values[other - place + above] = paired?.Invoke(place, other) ?? Unpaired(own, at(other));
                any |= values[other - place + above] is not null;
            }
            if (!any && count > 1) return null;
            double[] tested = [.. values.OfType<double>()];
            var adjusted = Corrections.Holm(tested);
            var (better, worse, next, firstApart, lastApart) = (0, 0, 0, false, false);
            for (var k = 0; k < values.Length; k++)
            {
                // What cannot be tested is not separated.
                var apart = values[k] is not null && adjusted[next++] < Alpha && at(place - above + k).Value != own.Value;
                if (k < above && apart) better++;
                if (k > above && apart) worse++;
                if (k == 0) firstApart = apart;
                if (k == values.Length - 1) lastApart = apart;
            }
            var (moreAbove, moreBelow) = (above < Math.Min(place, MostNeighbours) && !firstApart, below < Math.Min(count - 1 - place, MostNeighbours) && !lastApart);
            if (!moreAbove && !moreBelow) return new(1 + better + (firstApart ? place - above : 0), count - worse - (lastApart ? count - 1 - place - below : 0));
            if (moreAbove) above = Math.Min(Math.Min(place, MostNeighbours), above * 2);
            if (moreBelow) below = Math.Min(Math.Min(count - 1 - place, MostNeighbours), below * 2);
        }
    }

    static double? Unpaired((double Value, double? Stderr) a, (double Value, double? Stderr) b) =>
        a.Stderr is { } one && b.Stderr is { } other ? UnpairedTests.Difference(a.Value, one, b.Value, other) : null;
}
