using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>A metric that exists only for all samples together; its error and interval come from the bootstrap.</summary>
/// <param name="prepare">Reads all outcomes once and returns the statistic of weighted samples.</param>
/// <param name="sampleScore">A value of single samples to show beside them, where there is one.</param>
/// <param name="iterations">Most resamples, for what is slow: lm-evaluation-harness draws 100 for BLEU, chrF and TER.</param>
sealed class CorpusMetric(
    string name, bool higherIsBetter, (double Least, double Most)? range, Func<IReadOnlyList<Outcome>, WeightedStatistic> prepare,
    Func<Outcome, double?>? sampleScore = null, int iterations = int.MaxValue) : IMetric
{
    public string Name => name;
    public bool HigherIsBetter => higherIsBetter;
    public (double Least, double Most)? Range => range;

    public double? Score(Outcome outcome) => sampleScore?.Invoke(outcome);

    public MetricValue Aggregate(IReadOnlyList<Outcome> outcomes, MetricSeeds seeds) =>
        Judge(MeanMetric.Some(outcomes, name), prepare(outcomes), seeds, iterations);

    internal static MetricValue Judge(int count, WeightedStatistic statistic, MetricSeeds seeds, int mostIterations)
    {
        var weights = new int[count];
        Array.Fill(weights, 1);
        var value = statistic(weights);
        if (!double.IsFinite(value)) return new(null, null, null, null, count);
        if (count < 2) return new(value, null, null, null, count);
        var drawn = Bootstrap.Resample(count, Math.Min(seeds.BootstrapIterations, mostIterations), statistic);
        var interval = Bootstrap.PercentileInterval(drawn);
        return new(value, Bootstrap.StandardError(drawn), interval?.Low, interval?.High, count);
    }
}

/// <summary>Statistics that are functions of sums over samples: perplexities, BLEU, error rates.</summary>
static class Sums
{
    /// <param name="width">Numbers per sample.</param>
    /// <param name="read">Writes a sample's numbers.</param>
    /// <param name="final">Of the weighted sums; NaN where undefined.</param>
    public static WeightedStatistic Of<T>(IReadOnlyList<Outcome> outcomes, string metric, int width, Action<T, Span<double>> read, Func<double[], double> final) where T : Outcome
    {
        var numbers = new double[(long)outcomes.Count * width];
        for (var i = 0; i < outcomes.Count; i++)
        {
            var own = numbers.AsSpan(i * width, width);
            read(Outcomes.As<T>(outcomes[i], metric), own);
            foreach (var number in own) MeanMetric.Finite(number, metric, i);
        }
        return weights =>
        {
            var sums = new double[width];
            for (var i = 0; i < weights.Length; i++)
            {
                if (weights[i] == 0) continue;
                for (var k = 0; k < width; k++) sums[k] += weights[i] * numbers[i * width + k];
            }
            return final(sums);
        };
    }
}
