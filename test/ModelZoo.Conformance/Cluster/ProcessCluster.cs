using ModelZoo.Cli;
using ModelZoo.Conformance.Harness;
using ModelZoo.Hub.Tests;

namespace ModelZoo.Conformance.Cluster;

/// <summary>
/// Nodes and a worker as real processes on one PostgreSQL and one S3 server, with a proxy before the S3 server. The clocks of the
/// nodes differ by minutes where libfaketime is installed.
/// </summary>
sealed class ProcessCluster : IAsyncDisposable
{
    static readonly string? s_fakeTime = Directory.Exists("/usr/lib")
        ? Directory.GetFiles("/usr/lib", "libfaketime.so.1", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3 }).FirstOrDefault()
        : null;

    readonly Dictionary<string, string> _settings = new();

    public OwnPostgres Postgres { get; private init; } = null!;

    public FaultyProxy Store { get; private init; } = null!;

    public IReadOnlyList<HubProcess> Nodes { get; private set; } = [];

    public HubProcess Worker { get; private set; } = null!;

    /// <summary>By how much each node's clock is wrong, in words.</summary>
    public string Clocks { get; private set; } = "";

    /// <param name="clocks">How many minutes the clock of each node is wrong.</param>
    public static async Task<ProcessCluster> StartAsync(int seed, params int[] clocks)
    {
        var s3 = await S3Server.CreateBucketAsync();
        await PostgresServer.CreateDatabaseAsync();        // skips where there is none
        var cluster = new ProcessCluster { Postgres = await OwnPostgres.StartAsync(), Store = new FaultyProxy(new Uri(s3.Endpoint!), seed) };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["DATABASE__KIND"] = "postgres", ["DATABASE__CONNECTION"] = cluster.Postgres.Connection, ["STORAGE__KIND"] = "s3",
            ["STORAGE__ENDPOINT"] = cluster.Store.Url, ["STORAGE__BUCKET"] = s3.Bucket!, ["STORAGE__ACCESSKEY"] = s3.AccessKey!,
            ["STORAGE__SECRETKEY"] = s3.SecretKey!, ["STORAGE__REGION"] = s3.Region, ["STORAGE__DIRECTABOVEBYTES"] = "65536",
            ["LIMITS__REQUESTSPERMINUTE"] = "1000000", ["LIMITS__ANONYMOUSREQUESTSPERMINUTE"] = "1000000",
        }) cluster._settings[$"MODELZOO_{name}"] = value;
        cluster.Nodes = [.. clocks.Select((minutes, i) => cluster.Make($"node{i + 1}", "serve", 0, minutes))];
        cluster.Worker = cluster.Make("worker", "worker", 2, 0);
        cluster.Clocks = s_fakeTime is null ? "the clocks are NOT wrong: install libfaketime" : string.Join(", ", clocks.Select((m, i) => $"node{i + 1} {m:+0;-0;0} min"));
        if (s_fakeTime is null && Environment.GetEnvironmentVariable("CI") == "true") Missing.Skip("Clocks that differ were NOT tested: install libfaketime.");
        await Task.WhenAll(cluster.Nodes.Append(cluster.Worker).Select(process => process.StartAsync()));
        return cluster;
    }

    HubProcess Make(string name, string verb, int workers, int clockMinutes)
    {
        var process = new HubProcess { Verb = verb };
        foreach (var (key, value) in _settings) process.Settings[key] = value;
        process.Settings["MODELZOO_NODENAME"] = name;
        process.Settings["MODELZOO_WORKERS"] = $"{workers}";
        if (clockMinutes != 0 && s_fakeTime is not null)
        {
            process.Settings["LD_PRELOAD"] = s_fakeTime;
            process.Settings["FAKETIME"] = $"{clockMinutes:+0;-0}m";
            process.Settings["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";     // timers go on as they do on a machine whose clock was set wrong
        }
        return process;
    }

    /// <summary>Checks everything that is stored, as an operator would.</summary>
    public async Task<(int Code, string Words)> CheckAsync()
    {
        var words = new StringWriter();
        var options = _settings.SelectMany(setting => (string[])["--set", $"{setting.Key["MODELZOO_".Length..].Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"]);
        var code = await ZooCommand.RunAsync(["fsck", "--data", Nodes[0].Data, .. options], words, words);
        return (code, words.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Nodes.Append(Worker)) await process.DisposeAsync();
        await Store.DisposeAsync();
        await Postgres.DisposeAsync();
    }
}
