using System.Net;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Tests.Xet;

namespace ModelZoo.Hub.Tests.Maintenance;

/// <summary>From SQLite and a folder to PostgreSQL and S3, by the command line.</summary>
public sealed class MoveTests
{
    [Fact]
    public async Task A_hub_moves_with_all_it_has_however_often_it_is_interrupted_and_serves_no_longer_where_it_was()
    {
        var target = await TargetAsync();
        var hub = new SqliteHub();
        await hub.InitializeAsync();
        try
        {
            var repo = await hub.Ada.CreateAsync();
            var contents = new List<byte[]>();
            for (var i = 0; i < 12; i++)
            {
                contents.Add(Upkeep.RandomBytes(60_000 + i));
                await hub.Ada.CommitLargeAsync(repo, $"w{i}.bin", contents[i]);
                await hub.Ada.CommitTextAsync(repo, $"t/{i}.txt", $"Ünïcödé {i}");
            }
            var chunked = await new XetSender(hub.Ada, repo).UploadAsync("chunks.bin", XetSender.Random(200_000, 1));
            await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/tag/main", new { tag = "v1" });
            var head = await hub.Ada.HeadAsync(repo);
            var person = await hub.JoinAsync();
            await hub.SettleAsync();

            var (code, words) = await ZooAsync(hub, target);
            Assert.Equal(1, code);
            Assert.Contains("still runs on this hub", words);
            (code, words) = await ZooAsync(hub, target, "--blobs-only");
            Assert.True(code == 0, words);
            Assert.Contains("Copied 13 blobs", words);     // what exists as chunks goes as its xorb
            contents.Add(Upkeep.RandomBytes(70_000));
            await hub.Ada.CommitLargeAsync(repo, "w12.bin", contents[^1]);
            await hub.SettleAsync();
            var projections = await hub.DumpDerivedAsync();
            await hub.StopAsync();

            var interrupted = await InterruptAsync(hub, target, runs: 6);
            (code, words) = await ZooAsync(hub, target);
            Assert.True(code == 0, words);
            Assert.Matches("14 blobs|nothing was left to do", words);      // the last interruption may have come too late
            TestContext.Current.TestOutputHelper?.WriteLine($"{interrupted} interrupted runs; {words}");

            (code, words) = await ZooAsync(hub, target);
            Assert.True(code == 0, words);      // a run killed after its end, before it could say so, is run again too
            Assert.Contains("nothing was left to do", words);
            await Assert.ThrowsAsync<InvalidOperationException>(hub.StartAsync);

            await using var moved = new MovedHub(target);
            await moved.InitializeAsync();
            Assert.Equal(head, (await moved.Ada.GetJsonAsync($"/api/models/{repo}/commits/main"))[1]!["id"]!.GetValue<string>());
            for (var i = 0; i < contents.Count; i++) Assert.Equal(contents[i], await moved.Ada.ReadFileAsync(repo, $"w{i}.bin"));
            Assert.Equal(chunked.Content, await moved.Ada.ReadFileAsync(repo, "chunks.bin"));
            Assert.Equal(projections, await moved.DumpDerivedAsync());
            Assert.Equal(HttpStatusCode.OK, (await new TestActor(moved, person.Token, person.Handle).GetAsync("/api/whoami-v2")).StatusCode);
            await moved.Ada.CommitTextAsync(repo, "after.txt", "goes on");
            await moved.RequireCleanAsync();
            (code, words) = await Upkeep.ZooAsync("move", "--data", hub.Options.DataFolder, "--take-back");
            Assert.True(code == 0, words);
            (code, words) = await ZooAsync(hub, target);
            Assert.NotEqual(0, code);
            Assert.Contains("not empty", words);
            await hub.StartAsync();
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }

    /// <summary>The same steps, stopped in the middle of anything; the kill of a whole process is tried in ModelZoo.Conformance.</summary>
    static async Task<int> InterruptAsync(SqliteHub hub, HubOptions target, int runs)
    {
        var interrupted = 0;
        for (var run = 0; run < runs; run++)
        {
            await using var app = await HubBuilder.BuildAsync(target);
            await using var source = new SqliteDatabase(hub.Options.DatabaseFile);
            var services = app.Services;
            T Get<T>() where T : notnull => (T)services.GetService(typeof(T))!;
            var move = new Move(source, HubBuilder.OpenBlobs(hub.Options), Get<HubDatabase>(), Get<IBlobStore>(), Get<StoreCheck>(), TimeProvider.System);
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(20 + (run * 60)));
            try
            {
                await move.RunAsync($"{target.Database.Kind} and {target.Storage}", blobsOnly: false, new JobRun(new Job()), stop.Token);
                return interrupted;
            }
            catch (Exception error) when (stop.IsCancellationRequested && error is not Xunit.Sdk.IAssertionException)
            {
                interrupted++;
            }
        }
        return interrupted;
    }

    static async Task<HubOptions> TargetAsync() => new()
    {
        DataFolder = Path.Combine(Path.GetTempPath(), $"zoo-moved-{Guid.NewGuid():n}"),
        Database = new() { Kind = "postgres", Connection = await PostgresServer.CreateDatabaseAsync() },
        Storage = await S3Server.CreateBucketAsync(),
        Urls = "http://127.0.0.1:0",
    };

    static Task<(int Code, string Output)> ZooAsync(SqliteHub hub, HubOptions target, params string[] more) => Upkeep.ZooAsync(
    [
        "move", "--data", hub.Options.DataFolder, "--to-data", target.DataFolder, "--to-database", "postgres", "--to-connection", target.Database.Connection!,
        "--to-storage", "s3", "--to-set", $"Storage:Endpoint={target.Storage.Endpoint}", "--to-set", $"Storage:Bucket={target.Storage.Bucket}",
        "--to-set", $"Storage:AccessKey={target.Storage.AccessKey}", "--to-set", $"Storage:SecretKey={target.Storage.SecretKey}", .. more,
    ]);

    sealed class MovedHub(HubOptions options) : TestHub
    {
        private protected override Task<HubOptions> MakeOptionsAsync(string folder) => Task.FromResult(options);
    }
}
