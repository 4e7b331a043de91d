using System.Diagnostics;
using System.Net;

namespace ModelZoo.Hub.Tests.Maintenance;

/// <summary>A database server of its own that is ended and started again while people commit.</summary>
public sealed class LostDatabaseTests
{
    [Fact]
    public async Task The_hub_says_503_while_the_database_is_away_and_goes_on_when_it_is_back()
    {
        await PostgresServer.CreateDatabaseAsync();     // skips where there is no PostgreSQL
        var folder = Directory.CreateTempSubdirectory("zoo-pg-").FullName;
        var connection = await ServerAsync(folder);
        var port = connection.Split(';').First(part => part.StartsWith("Port=", StringComparison.Ordinal))[5..];
        var hub = new OwnServerHub(connection);
        try
        {
            await hub.InitializeAsync();
            var repo = await hub.Ada.CreateAsync();
            using var end = new CancellationTokenSource();
            var (statuses, acknowledged) = (new List<HttpStatusCode>(), new List<int>());
            var writing = Task.Run(async () =>
            {
                for (var i = 0; !end.IsCancellationRequested; i++)
                {
                    var answer = await hub.Ada.TryCommitAsync(TestActor.Api(repo), $"commit {i}", null, TestActor.File($"f{i}.txt", $"content {i}"));
                    lock (statuses) statuses.Add(answer.StatusCode);
                    if (answer.IsSuccessStatusCode) acknowledged.Add(i);
                    else await Task.Delay(50);
                }
            });
            await WaitAsync(() => acknowledged.Count > 5);
            await RunAsync("stop", folder);
            await WaitAsync(() => Count(HttpStatusCode.ServiceUnavailable) > 3);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hub.Ada.GetAsync($"/api/models/{repo}")).StatusCode);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hub.Nobody.GetAsync("/ready")).StatusCode);
            var before = acknowledged.Count;
            await ServerAsync(folder, port);
            await WaitAsync(() => acknowledged.Count > before + 5);
            await end.CancelAsync();
            await writing;

            Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync("/ready")).StatusCode);
            Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{status}"));
            foreach (var i in acknowledged) Assert.Equal($"content {i}", System.Text.Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, $"f{i}.txt")));
            await hub.RequireCleanAsync();
            await hub.SettleAsync();

            int Count(HttpStatusCode status) { lock (statuses) return statuses.Count(s => s == status); }
        }
        finally
        {
            await hub.DisposeAsync();
            await RunAsync("stop", folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task WaitAsync(Func<bool> reached)
    {
        for (var clock = Stopwatch.StartNew(); !reached(); await Task.Delay(50))
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "It did not happen within a minute.");
    }

    static async Task<string> ServerAsync(string folder, string? port = null)
    {
        var words = await RunAsync(port is null ? [folder] : [folder, port]);
        return words.Split('\n').First(line => line.StartsWith("ConnectionString=", StringComparison.Ordinal))["ConnectionString=".Length..].Trim()
            + ";Options=-c synchronous_commit=on";      // the script's server is careless for speed; here it is killed on purpose
    }

    static async Task<string> RunAsync(params string[] arguments)
    {
        var log = Path.GetTempFileName();       // not a pipe: the server would hold it open
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", """script=$1; log=$2; shift 2; exec "$script" "$@" >"$log" 2>&1 </dev/null""", "bash", Script(), log, .. arguments]))!;
        await process.WaitForExitAsync();
        var words = await File.ReadAllTextAsync(log);
        File.Delete(log);
        Assert.True(process.ExitCode == 0, words);
        return words;
    }

    static string Script()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "test", "servers", "start-postgres.sh");
    }

    sealed class OwnServerHub(string connection) : TestHub
    {
        private protected override Task<HubOptions> MakeOptionsAsync(string folder) =>
            Task.FromResult(new HubOptions { DataFolder = folder, Database = new DatabaseOptions { Kind = "postgres", Connection = connection } });
    }
}
