using ModelZoo.Evaluation.Metrics;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>What is known of a metric by its name: which way is better, and between what its values lie. Unknown ones are judged by the words in their names.</summary>
static class MetricNames
{
    static readonly string[] s_smaller = ["perplexity", "ppl", "bits_per", "latency", "runtime", "error", "loss", "seconds", "toxic", "_ns"];

    public static MetricFact Of(string name) => MetricCatalogue.FindFacts(name) is { } facts
        ? new(name, facts.HigherIsBetter, facts.Range?.Least, facts.Range?.Most) : new(name, !s_smaller.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase)), null, null);
}
