using System.Globalization;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>Every metric by the names that lm-evaluation-harness, <c>evaluate</c> and others call it. docs/metrics.md defines them.</summary>
public static class MetricCatalogue
{
    static readonly Dictionary<string, MetricEntry> s_entries = Index();

    /// <summary>Own names, sorted; those that end in <c>@k</c> stand for every k.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_entries.Values.Select(entry => entry.Facts.Name).Distinct().Order(StringComparer.Ordinal)];

    /// <param name="name">As <c>acc_norm</c>, <c>f1</c>, <c>ndcg@10</c>.</param>
    /// <param name="options">What a task file says beside it: <c>k</c>, <c>average</c>, <c>ignore_case</c>.</param>
    /// <param name="aggregation">Null or the metric's own; <c>median</c> for metrics of single samples.</param>
    /// <exception cref="EvaluationException">No metric is called so, or it has no such option.</exception>
    public static IMetric Create(string name, IReadOnlyDictionary<string, object?>? options = null, string? aggregation = null)
    {
        var (entry, k) = Find(name);
        if (entry is null) throw new EvaluationException($"There is no metric '{name}'; did you mean '{Nearest(name)}'?");
        if (entry.IsAtK && k is null && !(options?.ContainsKey("k") ?? false)) k = entry.DefaultK;
        var asked = new MetricOptions(name, options);
        var metric = entry.Make(asked, entry.IsAtK ? k ?? asked.Whole("k", 1, 1, 1_000_000) : 0, Median(entry, aggregation));
        asked.Close();
        return metric;
    }

    /// <summary>What is known of a metric without making it; null when no one is called so.</summary>
    public static MetricFacts? FindFacts(string name)
    {
        var (entry, k) = Find(name);
        return entry is null ? null : entry.IsAtK && k is { } number ? entry.Facts with { Name = entry.Facts.Name.Replace("@k", $"@{number}", StringComparison.Ordinal) } : entry.Facts;
    }

    static bool Median(MetricEntry entry, string? aggregation) => aggregation switch
    {
        null or "mean" or "nanmean" => false,
        _ when aggregation == entry.Facts.Name || entry.Aliases.Contains(aggregation) || entry.Aggregations.Contains(aggregation) => false,
        "median" when entry.IsMean => true,
        _ => throw new EvaluationException($"The metric '{entry.Facts.Name}' is not aggregated by '{aggregation}'."),
    };

    static (MetricEntry? Entry, int? K) Find(string name)
    {
        if (s_entries.TryGetValue(name, out var entry)) return (entry, null);
        var at = name.IndexOf('@');
        if (at > 0 && int.TryParse(name.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var k) && k is >= 1 and <= 1_000_000
            && s_entries.TryGetValue($"{name.AsSpan(0, at)}@k", out entry)) return (entry, k);
        return (null, null);
    }

    /// <summary>The name with the fewest letters changed.</summary>
    static string Nearest(string name)
    {
        var letters = Texts.PythonText.CodePoints(name.Length > 64 ? name.AsSpan(0, 64) : name);
        return s_entries.Keys.Order(StringComparer.Ordinal).MinBy(known => Texts.EditDistance.Of(letters, Texts.PythonText.CodePoints(known)))!;
    }

    static Dictionary<string, MetricEntry> Index()
    {
        var index = new Dictionary<string, MetricEntry>(StringComparer.Ordinal);
        foreach (var entry in MetricEntry.All)
        {
            index.Add(entry.Facts.Name, entry);
            foreach (var alias in entry.Aliases) index.Add(alias, entry);
        }
        return index;
    }
}
