using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>A question counts when all of its options are right: <c>em</c> of MultiRC, lm-evaluation-harness's <c>acc_all</c>. Questions are what is resampled.</summary>
sealed class GroupedMetric(string name) : IMetric
{
    public string Name => name;
    public bool HigherIsBetter => true;
    public (double Least, double Most)? Range => (0, 1);

    public double? Score(Outcome outcome) => Choices.Accuracy(outcome, name);

    public MetricValue Aggregate(IReadOnlyList<Outcome> outcomes, MetricSeeds seeds)
    {
        MeanMetric.Some(outcomes, name);
        var right = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var outcome in outcomes)
        {
            var group = outcome.Group ?? throw new EvaluationException($"'{name}' needs to know which samples belong to one question.");
            right[group] = Math.Min(right.GetValueOrDefault(group, 1), Choices.Accuracy(outcome, name));
        }
        return MeanMetric.Mean([.. right.Values], (0, 1));
    }
}
