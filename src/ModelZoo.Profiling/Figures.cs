using System.Globalization;

namespace ModelZoo.Profiling;

/// <summary>How the figures of a profile came about: sums and products with the numbers in them.</summary>
static class Figures
{
    /// <summary>embedding 525,336,576 + attention 1,342,177,280 + …</summary>
    public static string Sum(WeightLedger weights, string modelType) => $"closed form of {modelType}: {string.Join(" + ", weights.ByComponent().Where(pair => pair.Value > 0).Select(pair => $"{ProfileJson.Words(pair.Key)} {Whole(pair.Value)}"))}";

    public static string Active(Blueprint blueprint)
    {
        var (total, active, shape) = (blueprint.Weights.Parameters, blueprint.Weights.ActiveParameters, blueprint.Shape);
        return active == total ? "all parameters" : $"{Whole(total)} − {Whole(total - active)} of experts that a token does not choose ({shape.ExpertsPerToken} of {shape.Experts} per layer)";
    }

    public static string Flop(WorkModel work) => work.HasDecoder ? $"2 × {Whole(work.TokenWeights)} matrix weights; each token attended to adds {Whole(work.TokenFlop(1) - work.TokenFlop(0))}"
        : work.IsEncoder ? $"2 × {Whole(work.EncoderWeights)} matrix weights × 128 tokens + {Whole(work.EncoderScoreFlop)} × 128²{(work.EncoderFixedFlop > 0 ? $" + {Whole(work.EncoderFixedFlop)}" : "")}"
        : $"2 × {Whole(work.FlopPerUnit / 2)} multiply-accumulates";

    public static string CachePerToken(WorkModel work) => work.Layers.Any(layer => layer.CacheElements > 0)
        ? $"2 B × ({string.Join(" + ", Groups(work).Select(group => $"{group.Count} layers × {Whole(group.Elements)}{(group.Window > 0 ? $" within {Whole(group.Window)} tokens" : "")}"))})" : "no layer keeps keys and values";

    public static string State(WorkModel work) =>
        $"2 B × ({string.Join(" + ", work.Layers.Where(layer => layer.StateElements > 0).GroupBy(layer => layer.StateElements).Select(group => $"{group.Sum(layer => layer.Count)} layers × {Whole(group.Key)}"))}), at any length";

    /// <summary>Numbers cached for one sequence: 24 layers × 2,048 × 1,024 tokens + …</summary>
    public static string Cached(WorkModel work, double context)
    {
        var parts = Groups(work).Select(group => $"{group.Count} layers × {Whole(group.Elements)} × {Whole(group.Window > 0 ? Math.Min(group.Window, context) : context)} tokens").ToList();
        return parts.Count > 0 ? string.Join(" + ", parts) : "no layer keeps keys and values";
    }

    /// <summary>What attention adds to a token at a context.</summary>
    public static string Attended(WorkModel work, double context) =>
        string.Concat(work.Layers.Where(layer => layer.ScoreFlop > 0).GroupBy(layer => (layer.ScoreFlop, layer.Window)).Select(group => $" + {group.Sum(layer => layer.Count)} layers × {Whole(group.Key.ScoreFlop)} × {Whole(group.First().Reach(context))} tokens"));

    static IEnumerable<(int Count, double Elements, long Window)> Groups(WorkModel work) =>
        work.Layers.Where(layer => layer.CacheElements > 0).GroupBy(layer => (layer.CacheElements, layer.Window)).Select(group => (group.Sum(layer => layer.Count), group.Key.CacheElements, group.Key.Window));

    static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
