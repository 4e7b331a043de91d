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
        double Quality(int index) => higherIsBetter ? entries[index].Value : -entries[index].Value;
        priced.Sort((a, b) => entries[a].Cost!.Value != entries[b].Cost!.Value ? entries[a].Cost!.Value.CompareTo(entries[b].Cost!.Value) : Quality(b).CompareTo(Quality(a)));
        var (best, bestCost) = (double.NegativeInfinity, double.NaN);
        foreach (var index in priced)
        {
            var (quality, cost) = (Quality(index), entries[index].Cost!.Value);
            var isFront = quality > best || (quality == best && cost == bestCost);
            result[index] = isFront;
            if (isFront) (best, bestCost) = (quality, cost);
        }
        return result;
    }
}
