using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>The metrics of a task, made from its definitions.</summary>
static class TaskMetrics
{
    public static IReadOnlyList<IMetric> Of(TaskDefinition task) => [.. task.Metrics.Select(metric => MetricCatalogue.Create(metric.Name, metric.Options, metric.Aggregation))];
}
