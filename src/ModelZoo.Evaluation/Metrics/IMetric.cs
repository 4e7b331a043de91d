namespace ModelZoo.Evaluation.Metrics;

/// <summary>A metric over the outcomes of a task. Made by the metric catalogue from a name and its options.</summary>
public interface IMetric
{
    /// <summary>As lm-evaluation-harness or <c>evaluate</c> call it: acc, acc_norm, f1, bits_per_byte.</summary>
    string Name { get; }

    bool HigherIsBetter { get; }

    /// <summary>The range of values, where there is one: 0 and 1 for an accuracy.</summary>
    (double Least, double Most)? Range { get; }

    /// <summary>The sample's own value; null where the metric exists only for all samples together.</summary>
    /// <exception cref="EvaluationException">The outcome is of a kind that this metric cannot judge.</exception>
    double? Score(Outcome outcome);

    /// <summary>The value over all samples, with its uncertainty.</summary>
    /// <exception cref="EvaluationException">There are no outcomes, or they are of a kind that this metric cannot judge.</exception>
    MetricValue Aggregate(IReadOnlyList<Outcome> outcomes, MetricSeeds seeds);
}

/// <param name="Value">Null where it is undefined (0/0, constant input), never NaN.</param>
/// <param name="StandardError">Null where there is none.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
public sealed record MetricValue(double? Value, double? StandardError, double? Low, double? High, int Count);

/// <param name="BootstrapIterations">0: no bootstrap, so no error for metrics that have no formula of their own.</param>
public sealed record MetricSeeds(int Seed = 1234, int BootstrapIterations = 1000);
