using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>A metric that every sample has by itself, averaged. Shares of right answers get Clopper and Pearson's or Wilson's interval, other means the normal one.</summary>
sealed class MeanMetric(string name, bool higherIsBetter, (double Least, double Most)? range, Func<Outcome, double> score, bool isMedian = false) : IMetric
{
    public string Name => name;
    public bool HigherIsBetter => higherIsBetter;
    public (double Least, double Most)? Range => range;

    public double? Score(Outcome outcome) => Finite(score(outcome), name);

    public MetricValue Aggregate(IReadOnlyList<Outcome> outcomes, MetricSeeds seeds)
    {
        var values = new double[Some(outcomes, name)];
        for (var i = 0; i < values.Length; i++) values[i] = Finite(score(outcomes[i]), name, i);
        return isMedian ? Median(values, seeds) : Mean(values, range);
    }

    internal static MetricValue Mean(double[] values, (double Least, double Most)? range)
    {
        var mean = Uncertainty.Mean(values);
        var error = Uncertainty.StandardErrorOfMean(values);
        Interval? interval = null;
        if (range == (0, 1) && Array.TrueForAll(values, value => value is 0 or 1)) interval = Uncertainty.Proportion((long)Math.Round(mean * values.Length), values.Length);
        else if (error is { } spread) interval = Within(Uncertainty.Normal(mean, spread), range);
        return new(mean, error, interval?.Low, interval?.High, values.Length);
    }

    /// <summary>Element n//2 of the sorted values, as lm-evaluation-harness takes it.</summary>
    static MetricValue Median(double[] values, MetricSeeds seeds)
    {
        Array.Sort(values);
        return CorpusMetric.Judge(values.Length, weights =>
        {
            var (left, at) = (values.Length / 2, 0);
            for (; at < weights.Length - 1 && left >= weights[at]; at++) left -= weights[at];
            return values[at];
        }, seeds, seeds.BootstrapIterations);
    }

    static Interval Within(Interval interval, (double Least, double Most)? range) =>
        range is { } limits ? new(Math.Max(limits.Least, interval.Low), Math.Min(limits.Most, interval.High)) : interval;

    internal static int Some(IReadOnlyList<Outcome> outcomes, string name) =>
        outcomes.Count > 0 ? outcomes.Count : throw new EvaluationException($"There are no samples to compute '{name}' from.");

    internal static double Finite(double value, string name, int? sample = null) =>
        double.IsFinite(value) ? value : throw new EvaluationException($"'{name}' of {(sample is { } i ? $"sample {i}" : "a sample")} is not a finite number.");
}
