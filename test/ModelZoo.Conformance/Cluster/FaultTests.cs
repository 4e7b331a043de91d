using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Cluster;

/// <summary>
/// Three nodes and a worker under a mixed load while they are killed, the database is restarted, the object store misbehaves and
/// the nodes' clocks differ by minutes. MODELZOO_FAULT_SECONDS sets how long the load lasts, MODELZOO_FAULT_SEED what happens when.
/// </summary>
public sealed class FaultTests
{
    static readonly Fault[] s_storeFaults =
    [
        new("the store answers slowly") { Delay = TimeSpan.FromMilliseconds(150) },
        new("the store answers with errors") { Errors = 0.3 },
        new("the store's bodies are cut") { Cuts = 0.2 },
    ];

    const int Kinds = 5;

    [Fact]
    public async Task Whatever_fails_nothing_acknowledged_is_lost_and_nothing_half_done_is_seen()
    {
        var seconds = int.TryParse(Environment.GetEnvironmentVariable("MODELZOO_FAULT_SECONDS"), out var wanted) ? wanted : 25;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MODELZOO_FAULT_SEED"), out var given) ? given : 1;
        var clock = Stopwatch.StartNew();
        await using var cluster = await ProcessCluster.StartAsync(seed, 0, 20, -7);
        var shared = new BranchRecord("ada/shared");
        List<Load> loads =
        [
            .. Enumerable.Range(0, 4).Select(i => new HistoryLoad(cluster, shared, i, seed + i)),
            .. Enumerable.Range(0, 3).Select(i => new FilesLoad(cluster, i, seed + 10 + i)),
        ];
        var ready = clock.Elapsed;
        foreach (var load in loads) await load.PrepareAsync();

        using var stop = new CancellationTokenSource();
        var work = loads.Select(load => Task.Run(() => load.WorkAsync(stop.Token))).ToList();
        var events = await BreakThingsAsync(cluster, TimeSpan.FromSeconds(seconds), new Random(seed), work);
        await stop.CancelAsync();
        await Task.WhenAll(work);
        var loaded = clock.Elapsed;

        foreach (var load in loads) await load.VerifyAsync();
        await RequireJobsEndAsync(cluster);
        var (code, words) = await cluster.CheckAsync();
        Report(cluster, events, clock.Elapsed, ready, loaded, words);
        Assert.True(code == 0, words);
        foreach (var load in loads) load.Dispose();
    }

    /// <summary>One thing after another breaks and is mended; each kind at least once in a usual run.</summary>
    static async Task<List<string>> BreakThingsAsync(ProcessCluster cluster, TimeSpan duration, Random random, List<Task> work)
    {
        var events = new List<string>();
        await Task.Delay(1_000);
        events.Add(await KillWorkerWithLeaseAsync(cluster));
        // At least one round of everything, however slow the machine.
        for (var (clock, i) = (Stopwatch.StartNew(), 0); (clock.Elapsed < duration || i < Kinds) && work.All(task => !task.IsCompleted); i++)
        {
            var kind = i % Kinds;
            if (kind == 1)
            {
                await cluster.Postgres.RestartAsync(TimeSpan.FromMilliseconds(random.Next(0, 800)));
                events.Add("PostgreSQL was restarted");
            }
            else if (kind is 0 or 3)
            {
                var node = random.Next(cluster.Nodes.Count);
                cluster.Nodes[node].Kill();
                events.Add($"node{node + 1} was killed");
                await Task.Delay(random.Next(0, 700));
                await cluster.Nodes[node].StartAsync();
            }
            if (kind is 2 or 4 or 3)
            {
                var fault = s_storeFaults[((i / Kinds * 3) + (kind == 2 ? 0 : kind == 3 ? 1 : 2)) % 3];
                var before = cluster.Store.Strikes;
                cluster.Store.Fault = fault;
                await Task.Delay(random.Next(1_000, 2_000));
                // On a slow machine it lasts until it was felt.
                for (var limit = Stopwatch.StartNew(); limit.Elapsed < TimeSpan.FromSeconds(15) && cluster.Store.Strikes < before + 10;) await Task.Delay(50);
                cluster.Store.Fault = Fault.None;
                events.Add(fault.Name);
            }
            await Task.Delay(random.Next(300, 1_200));
        }
        return events;
    }

    /// <summary>A long job is begun, and whoever does it is killed; the lease it held must run out before another may have it.</summary>
    static async Task<string> KillWorkerWithLeaseAsync(ProcessCluster cluster)
    {
        cluster.Store.Fault = s_storeFaults[0];         // so that the check takes its time
        var started = await cluster.Nodes[0].Client.PostAsJsonAsync("/api/zoo/fsck", new { });
        var id = (await started.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString();
        for (var i = 0; i < 200 && await StateAsync(cluster, id!) == "waiting"; i++) await Task.Delay(20);
        cluster.Worker.Kill();
        var state = await StateAsync(cluster, id!);
        cluster.Store.Fault = Fault.None;
        await cluster.SecondWorker.StartAsync();
        return $"the worker was killed while its job was {state}";
    }

    static async Task<string> StateAsync(ProcessCluster cluster, string id) =>
        (await cluster.Nodes[0].Client.GetFromJsonAsync<JsonElement>($"/api/zoo/jobs/{id}")).GetProperty("state").GetString()!;

    static async Task RequireJobsEndAsync(ProcessCluster cluster)
    {
        JsonElement jobs = default;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(150); await Task.Delay(250))
        {
            jobs = (await cluster.Nodes[0].Client.GetFromJsonAsync<JsonElement>("/api/zoo/status")).GetProperty("jobs");
            if (jobs.GetProperty("waiting").GetInt64() + jobs.GetProperty("running").GetInt64() == 0) return;
        }
        Assert.Fail($"Jobs did not end: {jobs}\n{cluster.SecondWorker.LogTail()}");
    }

    static void Report(ProcessCluster cluster, List<string> events, TimeSpan all, TimeSpan ready, TimeSpan loaded, string check)
    {
        var lines = new List<string>
        {
            $"Fault test: {all.TotalSeconds:F0} s, of them {ready.TotalSeconds:F0} s to start and {(loaded - ready).TotalSeconds:F0} s under load; clocks: {cluster.Clocks}",
        };
        lines.AddRange(events.GroupBy(e => e).OrderBy(g => g.Key).Select(g => $"  {g.Count(),6}  {g.Key}"));
        lines.AddRange(Load.Counts.OrderBy(c => c.Key).Select(c => $"  {c.Value,6}  {c.Key}"));
        lines.Add($"  {cluster.Store.Counts}");
        lines.Add($"  {check.Trim().Split('\n')[^1]}");
        foreach (var line in lines)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            Console.WriteLine(line);
        }
    }
}
