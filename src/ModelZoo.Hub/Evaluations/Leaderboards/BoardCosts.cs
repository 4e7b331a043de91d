using ModelZoo.Evaluation.Leaderboards;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>What quality may be held against.</summary>
enum CostAxis { Parameters, Flop, Seconds }

/// <summary>One model by its quality and one cost.</summary>
/// <param name="IsOnFront">No other is at least as good on both and better on one.</param>
sealed record CostPoint(RankedEntry Ranked, double Cost, bool IsOnFront);

/// <summary>Quality beside cost, and which models nobody dominates.</summary>
static class BoardCosts
{
    /// <summary>Best models whose profiles are read for a board.</summary>
    public const int MostProfiles = 500;

    public const int MostRemembered = 50_000;

    public static string Word(this CostAxis axis) => axis switch { CostAxis.Parameters => "parameters", CostAxis.Flop => "flop", _ => "seconds" };

    public static CostAxis? Find(string? word) => word switch { null or "" or "parameters" => CostAxis.Parameters, "flop" => CostAxis.Flop, "seconds" => CostAxis.Seconds, _ => null };

    /// <summary>Those of which the cost is known, cheapest first; duplicates stay together on the front.</summary>
    public static IReadOnlyList<CostPoint> Points(IEnumerable<RankedEntry> ranked, bool higherIsBetter, Func<BoardEntry, double?> cost)
    {
        var known = ranked.Select(entry => (Entry: entry, Cost: cost(entry.Entry))).Where(pair => pair.Cost is > 0)
            .Select(pair => (pair.Entry, Cost: pair.Cost!.Value)).ToList();
        return [.. ParetoFront.Sweep([.. known.Select(one => (one.Entry.Entry.Value, one.Cost))], higherIsBetter).Select(swept => new CostPoint(known[swept.Index].Entry, known[swept.Index].Cost, swept.IsFront))];
    }
}
