namespace ModelZoo.Evaluation.Leaderboards;

/// <param name="Index">Of the entry in the list that was ranked.</param>
/// <param name="Rank">From 1; equal values share it and the next is skipped (1, 1, 3). Null: revoked, shown but not ranked.</param>
public readonly record struct Ranked(int Index, int? Rank);

/// <summary>Order and ranks of a board, at full precision.</summary>
public static class Ranking
{
    /// <summary>
    /// In the order to show: by value; among equals by standing, cost, date and name, which do not touch the rank. Revoked entries come last, unranked.
    /// </summary>
    /// <exception cref="EvaluationException">A value is not finite.</exception>
    public static Ranked[] Of(IReadOnlyList<BoardEntry> entries, bool higherIsBetter)
    {
        var (keys, order) = (new double[entries.Count], new int[entries.Count]);
        var ranked = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            if (!double.IsFinite(entries[i].Value)) throw new EvaluationException($"The value of '{entries[i].Id}' is not finite.");
            if (entries[i].Standing == BoardStanding.Revoked) continue;
            // Zero is one value, whatever its sign.
            (keys[ranked], order[ranked++]) = ((higherIsBetter ? -entries[i].Value : entries[i].Value) + 0.0, i);
        }
        Array.Sort(keys, order, 0, ranked);
        var result = new Ranked[entries.Count];
        var byRest = Comparer<int>.Create((a, b) => Rest(entries[a], entries[b]) is not 0 and var sign ? sign : a.CompareTo(b));
        for (var from = 0; from < ranked;)
        {
            var to = from + 1;
            while (to < ranked && keys[to] == keys[from]) to++;
            if (to - from > 1) Array.Sort(order, from, to - from, byRest);
            for (var i = from; i < to; i++) result[i] = new(order[i], from + 1);
            from = to;
        }
        var at = ranked;
        for (var i = 0; i < entries.Count; i++)
            if (entries[i].Standing == BoardStanding.Revoked) result[at++] = new(i, null);
        return result;
    }

    static int Rest(BoardEntry a, BoardEntry b)
    {
        var order = Group(a.Standing).CompareTo(Group(b.Standing));
        if (order == 0) order = (a.Cost ?? double.PositiveInfinity).CompareTo(b.Cost ?? double.PositiveInfinity);
        if (order == 0) order = (a.Date ?? DateTimeOffset.MaxValue).CompareTo(b.Date ?? DateTimeOffset.MaxValue);
        return order == 0 ? string.CompareOrdinal(a.Name, b.Name) : order;
    }

    static int Group(BoardStanding standing) => (int)standing;
}
