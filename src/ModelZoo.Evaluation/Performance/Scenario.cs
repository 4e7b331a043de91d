using System.Diagnostics;
using ModelZoo.Evaluation.Statistics;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Performance;

/// <summary>Least duration and number of queries; both must hold.</summary>
public sealed record Minima(TimeSpan Duration, int Queries)
{
    /// <summary>MLPerf's are 600 s and 100 queries (662 in multi-stream); the hub's 10 s and 200.</summary>
    public static Minima Of(ScenarioFields fields) => new(
        TimeSpan.FromSeconds(fields.MinSeconds ?? (fields.IsStrict ? 600 : 10)),
        fields.MinQueries ?? (!fields.IsStrict ? 200 : fields.Kind == "multi_stream" ? 662 : 100));
}

/// <summary>Latencies of queries in the order in which they ended, and how long all took.</summary>
/// <param name="Samples">Samples in all queries together.</param>
public sealed record Measurement(IReadOnlyList<TimeSpan> Latencies, TimeSpan Elapsed, long Samples);

/// <summary>
/// The four scenarios of MLPerf Inference: one query after the other; queries of several samples; queries that arrive by chance; all at once. Knows nothing
/// of models: a query is something to await.
/// </summary>
public static class Scenario
{
    const int WarmUpQueries = 10;

    static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1);

    /// <summary>Ten queries or a second, whichever ends first.</summary>
    public static async Task WarmUpAsync(Func<int, CancellationToken, Task> query, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < WarmUpQueries && (i == 0 || clock.Elapsed < s_warmUp); i++) await query(i, stop);
    }

    /// <summary>Single-stream and multi-stream: the next query starts when the last one has ended.</summary>
    public static async Task<Measurement> StreamAsync(Func<int, CancellationToken, Task> query, int samplesPerQuery, Minima minima, CancellationToken stop)
    {
        var latencies = new List<TimeSpan>();
        var start = Stopwatch.GetTimestamp();
        for (var now = start; latencies.Count < minima.Queries || Stopwatch.GetElapsedTime(start, now) < minima.Duration;)
        {
            await query(latencies.Count, stop);
            var end = Stopwatch.GetTimestamp();
            latencies.Add(Stopwatch.GetElapsedTime(now, end));
            now = end;
        }
        return new(latencies, Stopwatch.GetElapsedTime(start), (long)latencies.Count * samplesPerQuery);
    }

    /// <summary>
    /// Server: queries arrive at times drawn with a seed, whether the last has ended or not. The latency counts from the moment of arrival, so waiting in line
    /// is part of it.
    /// </summary>
    /// <param name="workers">Queries that are computed at once.</param>
    public static async Task<Measurement> ServeAsync(Func<int, CancellationToken, Task> query, double perSecond, int workers, int seed, Minima minima, CancellationToken stop)
    {
        var arrivals = Arrivals(perSecond, seed, minima);
        var latencies = new TimeSpan[arrivals.Count];
        var next = -1;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < arrivals.Count;)
            {
                var wait = arrivals[i] - Stopwatch.GetElapsedTime(start);
                // A timer is late by up to a millisecond: the last stretch is spun.
                if (wait > TimeSpan.FromMilliseconds(2)) await Task.Delay(wait - TimeSpan.FromMilliseconds(1.5), stop);
                while (Stopwatch.GetElapsedTime(start) < arrivals[i]) Thread.SpinWait(20);
                await query(i, stop);
                latencies[i] = Stopwatch.GetElapsedTime(start) - arrivals[i];
            }
        }, stop)));
        return new(latencies, Stopwatch.GetElapsedTime(start), arrivals.Count);
    }

    /// <summary>Moments of arrival of a Poisson process, the same for the same seed.</summary>
    public static IReadOnlyList<TimeSpan> Arrivals(double perSecond, int seed, Minima minima)
    {
        if (!(perSecond > 0) || perSecond > 1e6) throw new EvaluationException($"A rate of {perSecond} queries per second cannot be.");
        var random = new PythonRandom(seed);
        var arrivals = new List<TimeSpan>();
        for (var at = 0.0; arrivals.Count < minima.Queries || at < minima.Duration.TotalSeconds; at += random.Exponential(perSecond))
        {
            if (arrivals.Count >= 10_000_000) throw new EvaluationException("More than ten million queries would arrive.");
            arrivals.Add(TimeSpan.FromSeconds(at));
        }
        return arrivals;
    }

    /// <summary>Offline: everything is there from the start, and done in batches as fast as it goes.</summary>
    public static async Task<Measurement> OfflineAsync(Func<int, CancellationToken, Task> batch, int samplesPerBatch, int workers, Minima minima, CancellationToken stop)
    {
        var latencies = new List<TimeSpan>();
        var next = -1;
        var start = Stopwatch.GetTimestamp();
        var leastBatches = (minima.Queries + samplesPerBatch - 1) / samplesPerBatch;
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < leastBatches || Stopwatch.GetElapsedTime(start) < minima.Duration;)
            {
                var begin = Stopwatch.GetTimestamp();
                await batch(i, stop);
                lock (latencies) latencies.Add(Stopwatch.GetElapsedTime(begin));
            }
        }, stop)));
        return new(latencies, Stopwatch.GetElapsedTime(start), (long)latencies.Count * samplesPerBatch);
    }
}
