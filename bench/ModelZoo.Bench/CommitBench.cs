using System.Diagnostics;
using System.Text;

namespace ModelZoo.Bench;

/// <summary>Commits of one small file: each is a transaction on the disk before it is acknowledged.</summary>
static class CommitBench
{
    const int Paths = 100;

    sealed record Sample(double PerSecond, double MedianMs, double LateMs, double CpuMs);

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        await using var hub = await Hub.StartAsync(Path.Combine(options.Folder, "data"));
        for (var client = 0; client < 8; client++) await hub.CreateAsync($"commits-{client}");
        var results = new Dictionary<int, List<Sample>> { [1] = [], [8] = [] };
        for (var round = 0; round <= options.Rounds; round++)
            foreach (var (clients, samples) in results)
            {
                var sample = Measure(hub, clients, options.Seconds);
                if (round > 0) samples.Add(sample);
            }
        return new(
            "commit", "Commits of a small file", "One file of about 100 bytes each, SQLite, every commit flushed to disk before it is acknowledged.",
            ["", "commits/s: median (range)", "p50 ms", "p99 ms", "hub CPU ms per commit"],
            [
                .. results.Select(result => (IReadOnlyList<string>)
                [
                    result.Key == 1 ? "1 client" : $"{result.Key} clients, each its own repository",
                    result.Value.Select(s => s.PerSecond).ToList().Spread(),
                    $"{result.Value.Select(s => s.MedianMs).Median():F2}", $"{result.Value.Select(s => s.LateMs).Median():F2}",
                    $"{result.Value.Select(s => s.CpuMs).Median():F2}",
                ]),
            ],
            [$"{options.Rounds} rounds of {options.Seconds:0.#} s, 1 and 8 clients in turn, after one round to warm up."]);
    }

    static Sample Measure(Hub hub, int clients, double seconds)
    {
        var latencies = Enumerable.Range(0, clients).Select(_ => new List<double>()).ToList();
        var cpu = hub.Process.CpuSeconds();
        var elapsed = Clients.Run(clients, client =>
        {
            using var connection = new RawConnection(hub.Port);
            var watch = Stopwatch.StartNew();
            for (var number = 0; watch.Elapsed.TotalSeconds < seconds; number++)
            {
                var body = Encoding.UTF8.GetBytes($"{Hub.Header()}\n{Hub.FileLine($"notes/{number % Paths}.txt", $"{Guid.NewGuid()} {Guid.NewGuid()} {number}")}\n");
                var request = RawConnection.Request(
                    "POST", $"/api/models/{Hub.Owner}/commits-{client}/commit/main", hub.Token, $"Content-Type: application/x-ndjson\r\nContent-Length: {body.Length}\r\n");
                var began = watch.Elapsed.TotalMilliseconds;
                var (status, _) = connection.Exchange([.. request, .. body]);
                if (status != 200) throw new InvalidOperationException($"A commit was answered with {status}.");
                latencies[client].Add(watch.Elapsed.TotalMilliseconds - began);
            }
        });
        double[] all = [.. latencies.SelectMany(list => list).Order()];
        return new(all.Length / elapsed, all[all.Length / 2], all[all.Length * 99 / 100], (hub.Process.CpuSeconds() - cpu) * 1000 / all.Length);
    }
}
