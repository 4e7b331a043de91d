namespace ModelZoo.Evaluation.Metrics;

/// <summary>Every metric by its names.</summary>
public static class MetricCatalogue
{
    /// <exception cref="EvaluationException">No metric is called so.</exception>
    public static IMetric Create(string name, IReadOnlyDictionary<string, object?>? options = null, string? aggregation = null) =>
        throw new EvaluationException($"There is no metric '{name}' ({options?.Count} options, {aggregation}).");
}
