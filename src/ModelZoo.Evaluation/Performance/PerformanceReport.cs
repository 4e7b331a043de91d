using ModelZoo.Evaluation.Statistics;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Performance;

/// <summary>What a measurement says, by MLPerf's rules.</summary>
/// <param name="IsValid">Minima and, for servers, the bound hold.</param>
/// <param name="StopsEarly">Enough queries for the percentile to stand; null where the scenario has none.</param>
public sealed record PerformanceReport(string Scenario, IReadOnlyDictionary<string, double> Values, long Queries, bool IsValid, bool? StopsEarly, string? Invalid)
{
    static readonly (string Name, double Share)[] s_percentiles = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p97", 0.97), ("p99", 0.99), ("p99_9", 0.999)];

    /// <summary>Values: <c>latency_ms_min</c>, <c>_mean</c>, <c>_p50</c> … <c>_p99_9</c>, <c>samples_per_second</c>, <c>queries_per_second</c>, <c>seconds</c>.</summary>
    public static PerformanceReport Of(ScenarioFields fields, Measurement measured, Minima minima)
    {
        var sorted = measured.Latencies.Select(latency => latency.TotalMilliseconds).Order().ToArray();
        var values = new Dictionary<string, double>(StringComparer.Ordinal) { ["latency_ms_min"] = sorted[0], ["latency_ms_mean"] = sorted.Average() };
        foreach (var (name, share) in s_percentiles) values[$"latency_ms_{name}"] = Percentiles.LoadGen<double>(sorted, share);
        values["samples_per_second"] = measured.Samples / measured.Elapsed.TotalSeconds;
        values["queries_per_second"] = sorted.Length / measured.Elapsed.TotalSeconds;
        values["seconds"] = measured.Elapsed.TotalSeconds;
        var percentile = fields.Kind switch { "single_stream" => 0.9, "multi_stream" => 0.99, _ => fields.Percentile };
        var reasons = new List<string>();
        if (measured.Elapsed < minima.Duration - TimeSpan.FromMilliseconds(50) && fields.Kind != "server") reasons.Add($"shorter than {minima.Duration.TotalSeconds} s");
        if ((fields.Kind == "offline" ? measured.Samples : sorted.Length) < minima.Queries) reasons.Add($"fewer than {minima.Queries} queries");
        bool? early = null;
        if (fields.Kind == "server")
        {
            var bound = fields.LatencyMilliseconds ?? double.PositiveInfinity;
            early = EarlyStopping.IsSatisfied(sorted.Length, sorted.Count(latency => latency > bound), percentile);
            if (Percentiles.LoadGen<double>(sorted, percentile) > bound) reasons.Add($"the {percentile:P0} percentile is above {bound} ms");
        }
        else if (fields.Kind != "offline")
        {
            // Which latency so many queries prove: with t above it, enough must lie below.
            var over = 0;
            while (over + 1 < sorted.Length && EarlyStopping.MinPassing(over + 1, percentile) + over + 1 <= sorted.Length) over++;
            early = over > 0;
            if (over > 0) values["latency_ms_early_stopping"] = sorted[sorted.Length - 1 - over];
        }
        return new(fields.Kind, values, sorted.Length, reasons.Count == 0, early, reasons.Count == 0 ? null : string.Join("; ", reasons));
    }

    /// <summary>The value that the scenario is about.</summary>
    public string Headline => Scenario switch { "single_stream" => "latency_ms_p90", "multi_stream" => "latency_ms_p99", "server" => "queries_per_second", _ => "samples_per_second" };
}
