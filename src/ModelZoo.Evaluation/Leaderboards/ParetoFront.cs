namespace ModelZoo.Evaluation.Leaderboards;

/// <summary>Which entries no other beats on quality and cost together.</summary>
public static class ParetoFront
{
    /// <summary>
    /// For each entry: true on the front, false dominated (another is at least as good on both axes and better on one; equal points stay together), null without a cost,
    /// to be listed apart. Less cost is better.
    /// </summary>
    public static bool?[] Of(IReadOnlyList<BoardEntry> entries, bool higherIsBetter)
    {
        var result = new bool?[entries.Count];
        var priced = new List<int>();
        for (var i = 0; i < entries.Count; i++)
            if (entries[i] is { Cost: { } cost, Standing: not BoardStanding.Revoked } && double.IsFinite(cost) && double.IsFinite(entries[i].Value)) priced.Add(i);
        foreach (var (at, isFront) in Sweep([.. priced.Select(index => (entries[index].Value, entries[index].Cost!.Value))], higherIsBetter)) result[priced[at]] = isFront;
        return result;
    }

    /// <summary>The points, cheapest first and of equal cost the best first, and whether each is on the front.</summary>
    /// <param name="points">Finite values and costs.</param>
    public static IReadOnlyList<(int Index, bool IsFront)> Sweep(IReadOnlyList<(double Value, double Cost)> points, bool higherIsBetter)
    {
        double Quality(int index) => higherIsBetter ? points[index].Value : -points[index].Value;
        var order = Enumerable.Range(0, points.Count).ToArray();
        // Equal points stay in the order given.
        Array.Sort(order, (a, b) => points[a].Cost != points[b].Cost ? points[a].Cost.CompareTo(points[b].Cost) : Quality(b).CompareTo(Quality(a)) is not 0 and var sign ? sign : a.CompareTo(b));
        var swept = new (int, bool)[order.Length];
        var (best, bestCost) = (double.NegativeInfinity, double.NaN);
        for (var i = 0; i < order.Length; i++)
        {
            var (quality, cost) = (Quality(order[i]), points[order[i]].Cost);
            var isFront = quality > best || (quality == best && cost == bestCost);
            if (isFront) (best, bestCost) = (quality, cost);
            swept[i] = (order[i], isFront);
        }
        return swept;
    }
}
