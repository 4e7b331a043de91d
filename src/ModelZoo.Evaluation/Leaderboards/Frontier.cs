namespace ModelZoo.Evaluation.Leaderboards;

/// <summary>A strict improvement of the best value so far.</summary>
/// <param name="Index">Of the entry.</param>
public readonly record struct FrontierEvent(int Index, DateTimeOffset Date, double Value);

/// <summary>The state of the art over time, in two series: what the hub or others ran again, and all that is reported.</summary>
public sealed record Frontier(IReadOnlyList<FrontierEvent> Verified, IReadOnlyList<FrontierEvent> Reported)
{
    /// <param name="asOf">Shows the series as it stood then; null: now.</param>
    public static Frontier Of(IReadOnlyList<BoardEntry> entries, bool higherIsBetter, DateTimeOffset? asOf = null)
    {
        var dated = new List<(DateTimeOffset Date, int Index)>();
        for (var i = 0; i < entries.Count; i++)
            if (entries[i].Date is { } date && (asOf is null || date <= asOf) && entries[i].Contamination != ContaminationLevel.Strong) dated.Add((date, i));
        // Of one moment the better comes first, so that it is one event and not two.
        dated.Sort((a, b) => a.Date != b.Date ? a.Date.CompareTo(b.Date)
            : entries[a.Index].Value != entries[b.Index].Value ? (higherIsBetter ? -1 : 1) * entries[a.Index].Value.CompareTo(entries[b.Index].Value) : a.Index.CompareTo(b.Index));
        return new(
            Series(standing => standing is BoardStanding.Verified or BoardStanding.Reproduced), Series(standing => standing is not (BoardStanding.Disputed or BoardStanding.Revoked)));

        List<FrontierEvent> Series(Func<BoardStanding, bool> counts)
        {
            return [.. Improvements(dated.Where(one => counts(entries[one.Index].StandingAt(asOf))), one => entries[one.Index].Value, higherIsBetter).Select(one => new FrontierEvent(one.Index, one.Date, entries[one.Index].Value))];
        }
    }

    /// <summary>Those that are better than all before them; an equal value improves nothing.</summary>
    /// <param name="dated">By date, and of one date the better first.</param>
    public static IEnumerable<T> Improvements<T>(IEnumerable<T> dated, Func<T, double> value, bool higherIsBetter)
    {
        double? best = null;
        foreach (var one in dated)
        {
            var reached = value(one);
            if (best is { } before && !(higherIsBetter ? reached > before : reached < before)) continue;
            best = reached;
            yield return one;
        }
    }

    /// <summary>Fewest entries of which one may be called the state of the art.</summary>
    public const int FewestCompetitors = 3;

    /// <summary>
    /// What a badge may say: the best verified entry, among how many, and whether it is separated from the next (null where that cannot be told). Null: too few compete, or
    /// the best is shared.
    /// </summary>
    public static (int Index, int Competitors, bool? IsSignificant)? Claim(IReadOnlyList<BoardEntry> entries, bool higherIsBetter, Func<int, int, double?>? paired = null)
    {
        var eligible = new List<int>();
        for (var i = 0; i < entries.Count; i++)
            if (entries[i].Standing is BoardStanding.Verified or BoardStanding.Reproduced && entries[i].Contamination != ContaminationLevel.Strong) eligible.Add(i);
        if (eligible.Count < FewestCompetitors) return null;
        BoardEntry[] own = [.. eligible.Select(index => entries[index])];
        var ranked = Ranking.Of(own, higherIsBetter);
        if (ranked[1].Rank == 1) return null;
        var (best, next) = (eligible[ranked[0].Index], eligible[ranked[1].Index]);
        var p = paired?.Invoke(best, next)
            ?? (entries[best].Stderr is { } a && entries[next].Stderr is { } b ? Statistics.UnpairedTests.Difference(entries[best].Value, a, entries[next].Value, b) : null);
        return (best, eligible.Count, p is { } known ? known < RankRange.Alpha : null);
    }
}
