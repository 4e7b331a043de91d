using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Cli;

/// <summary>The tasks that come along.</summary>
static class Suites
{
    static readonly Lazy<TaskLibrary> s_library = new(() => new(TaskTexts.Embedded(typeof(TaskLibrary).Assembly, "data/suites/")));

    public static TaskLibrary Library => s_library.Value;

    /// <summary>Why a metric cannot be computed; null: it can.</summary>
    public static string? CheckMetric(MetricDefinition metric)
    {
        try
        {
            MetricCatalogue.Create(metric.Name, metric.Options, metric.Aggregation);
            return null;
        }
        catch (EvaluationException e)
        {
            return e.Message;
        }
    }
}
