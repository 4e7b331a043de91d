using ModelZoo.Evaluation.Performance;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Tests.Evaluation.Harness;

public sealed class ScenarioTests
{
    static readonly CancellationToken s_never = CancellationToken.None;
    static readonly Minima s_short = new(TimeSpan.FromMilliseconds(50), 20);

    static ScenarioFields Fields(string kind, double? latency = null) => new(kind, "classification", false, 0.05, 20, 100, latency, 0.99, 8);

    [Fact]
    public async Task Both_minima_hold_and_percentiles_are_those_of_the_load_generator()
    {
        var asked = new List<int>();
        var measured = await Scenario.StreamAsync((i, _) => { asked.Add(i); return Task.Delay(1, s_never); }, 1, s_short, s_never);
        Assert.Equal(Enumerable.Range(0, asked.Count), asked);
        Assert.True(measured.Latencies.Count >= 20 && measured.Elapsed >= s_short.Duration);
        var report = PerformanceReport.Of(Fields("single_stream"), new([.. Enumerable.Range(1, 1000).Select(ms => TimeSpan.FromMilliseconds(ms))], TimeSpan.FromSeconds(10), 1000), s_short);
        Assert.Equal([1, 501, 901, 991, 1000], new[] { "min", "p50", "p90", "p99", "p99_9" }.Select(name => Math.Round(report.Values[$"latency_ms_{name}"])));
        Assert.Equal(100, report.Values["samples_per_second"], 1e-9);
        Assert.True(report is { IsValid: true, StopsEarly: true, Headline: "latency_ms_p90" });
    }

    [Fact]
    public async Task Queries_arrive_by_the_seed_and_waiting_counts()
    {
        var minima = new Minima(TimeSpan.FromSeconds(0.2), 40);
        Assert.Equal(Scenario.Arrivals(200, 7, minima), Scenario.Arrivals(200, 7, minima));
        Assert.NotEqual(Scenario.Arrivals(200, 7, minima), Scenario.Arrivals(200, 8, minima));
        var gaps = Scenario.Arrivals(100, 1, new(TimeSpan.Zero, 20_000));
        Assert.Equal(200, gaps[^1].TotalSeconds, 10.0);
        // Slower than they arrive: the line grows, and so do latencies.
        var measured = await Scenario.ServeAsync((_, _) => Task.Delay(10, s_never), 1000, 1, 7, new(TimeSpan.Zero, 30), s_never);
        Assert.True(measured.Latencies[^1] > measured.Latencies[0] + TimeSpan.FromMilliseconds(100));
        var report = PerformanceReport.Of(Fields("server", latency: 5), measured, new(TimeSpan.Zero, 30));
        Assert.False(report.IsValid);
        Assert.Contains("above 5 ms", report.Invalid, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offline_counts_samples_of_batches()
    {
        var measured = await Scenario.OfflineAsync((_, _) => Task.CompletedTask, 32, 2, new(TimeSpan.Zero, 100), s_never);
        Assert.Equal(128, measured.Samples);
        Assert.True(PerformanceReport.Of(Fields("offline"), measured, new(TimeSpan.Zero, 100)).IsValid);
    }
}
