using System.Net;
using System.Security.Cryptography;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Maintenance;

public abstract class SweepTests(TestHub hub)
{
    [Fact]
    public async Task What_no_reference_leads_to_goes_and_the_rest_stays()
    {
        var repo = await hub.Ada.CreateAsync();
        var (kept, dropped) = (Upkeep.RandomBytes(5_000), Upkeep.RandomBytes(6_000));
        await hub.Ada.CommitLargeAsync(repo, "kept.bin", kept);
        var old = await hub.Ada.CommitAsync(repo, TestActor.Large("dropped.bin", await hub.Ada.UploadAsync(repo, dropped), dropped.Length), TestActor.File("x/old.txt", $"old {repo}"));
        await hub.Ada.CommitAsync(repo, TestActor.Delete("dropped.bin"), TestActor.Delete("x/old.txt"));
        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/branch/side", new { startingPoint = old });
        await AgeAsync(dropped);

        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Equal(dropped, await hub.Ada.ReadFileAsync(repo, "dropped.bin", "side"));

        await hub.Ada.SendAsync(HttpMethod.Delete, $"{TestActor.Api(repo)}/branch/side");
        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/super-squash/main", new { message = "one" });
        await AgeAsync(dropped);
        Assert.Equal(HttpStatusCode.OK, (await hub.Ada.ResolveAsync(repo, "x/old.txt", old)).StatusCode);
        var young = await hub.SweepAsync(TimeSpan.FromHours(1));
        Assert.Equal((0, 0, 0), (young.Objects, young.Links, young.Blobs));

        var swept = await hub.SweepAsync(TimeSpan.Zero);
        Assert.True(swept.Objects >= 8, swept.ToString());
        Assert.Equal(0, swept.Skipped);
        Assert.Null(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(Convert.ToHexStringLower(SHA256.HashData(dropped))), default));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(repo, "x/old.txt", old)).StatusCode);
        Assert.Equal(kept, await hub.Ada.ReadFileAsync(repo, "kept.bin"));
        var report = await hub.CheckAsync();
        Assert.Empty(report.Problems);
        Assert.DoesNotContain(report.Notes, note => note.Subject.Contains(repo, StringComparison.Ordinal));

        await hub.Ada.CommitLargeAsync(repo, "again.bin", dropped);
        Assert.Equal(dropped, await hub.Ada.ReadFileAsync(repo, "again.bin"));
    }

    [Fact]
    public async Task A_deleted_repository_leaves_nothing()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = Upkeep.RandomBytes(3_000);
        await hub.Ada.CommitLargeAsync(repo, "w.bin", content);
        await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo.Split('/')[1], organization = "ada", type = "model" });
        await AgeAsync(content);
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Null(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(Convert.ToHexStringLower(SHA256.HashData(content))), default));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Bytes_without_a_row_go_and_a_dead_sweepers_work_is_finished()
    {
        var repo = await hub.Ada.CreateAsync();
        var (orphan, marked) = (await hub.Ada.UploadAsync(repo, Upkeep.RandomBytes(900)), await hub.Ada.UploadAsync(repo, Upkeep.RandomBytes(901)));
        await Database.ExecuteAsync("delete from blob where digest = @orphan", new { orphan }, default);
        await Database.ExecuteAsync("update blob set sweeping_since = 5 where digest = @marked", new { marked }, default);
        await Database.ExecuteAsync("update blob_grant set granted_at = 5", null, default);
        var refused = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "too late", null, TestActor.Large("m.bin", marked, 901));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        await hub.SweepAsync(TimeSpan.Zero);
        foreach (var digest in (string[])[orphan, marked])
        {
            Assert.Null(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(digest), default));
            Assert.Null(await Database.FindAsync<string>("select digest from blob where digest = @digest", new { digest }, default));
        }
    }

    [Fact]
    public async Task An_upload_that_was_promised_keeps_its_blob()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = Upkeep.RandomBytes(2_000);
        var digest = await hub.Ada.UploadAsync(repo, content);
        var other = await hub.JoinAsync();
        var mine = await other.CreateAsync();
        // Somebody else, who has not sent these bytes, announces them.
        var batch = await other.PostJsonAsync($"/{mine}.git/info/lfs/objects/batch", new { operation = "upload", transfers = new[] { "basic" }, objects = new[] { new { oid = digest, size = 2_000 } } });
        var href = batch["objects"]![0]!["actions"]!["upload"]!["href"]!.GetValue<string>();
        await Database.ExecuteAsync("update blob_grant set granted_at = 5 where digest = @digest", new { digest }, default);
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.NotNull(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(digest), default));
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content))).StatusCode);
        // The same address once more, after a sweep took the bytes: refused, or whole; never a blob without bytes.
        await Database.ExecuteAsync("update blob_grant set granted_at = 5 where digest = @digest", new { digest }, default);
        await hub.SweepAsync(TimeSpan.Zero);
        await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Expired_uploads_sessions_and_old_jobs_go()
    {
        var repo = await hub.Ada.CreateAsync();
        var digest = Convert.ToHexStringLower(SHA256.HashData(Upkeep.RandomBytes(10)));
        await hub.Ada.PostJsonAsync($"/{repo}.git/info/lfs/objects/batch", new { operation = "upload", transfers = new[] { "multipart" }, objects = new[] { new { oid = digest, size = 40_000_000 } } });
        await Database.ExecuteAsync("update upload set expires_at = 5 where digest = @digest", new { digest }, default);
        var job = await hub.Get<JobStore>().EnqueueAsync(new NewJob("nothing.known", "{}"), default);
        await Database.ExecuteAsync("update job set state = 'done', finished_at = 5 where id = @job", new { job }, default);
        var report = await hub.SweepAsync(Sweeper.DefaultGrace);
        Assert.Equal(1, report.Uploads);
        Assert.True(report.Jobs >= 1);
        Assert.Null(await Database.FindAsync<long?>("select id from upload where digest = @digest", new { digest }, default));
    }

    [Fact]
    public async Task Sweeping_never_races_uploads_and_commits_of_the_same_content()
    {
        byte[][] contents = [.. Enumerable.Range(0, 2).Select(i => Upkeep.RandomBytes(20_000 + i))];
        string[] repos = [await hub.Ada.CreateAsync(), await hub.Ada.CreateAsync(), await hub.Ada.CreateAsync()];
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(6));
        var (sweeps, blobsSwept, refused) = (0, 0, 0);
        var sweeping = Task.Run(async () =>
        {
            for (; !end.IsCancellationRequested; sweeps++) blobsSwept += (await hub.SweepAsync(TimeSpan.Zero)).Blobs;
        });
        var states = await Task.WhenAll(repos.Select(repo => Task.Run(async () =>
        {
            var state = new Dictionary<string, byte[]>();
            var random = new Random();
            for (var turn = 0; !end.IsCancellationRequested; turn++)
            {
                var (path, content) = ($"f{random.Next(3)}.bin", contents[random.Next(contents.Length)]);
                if (!await TryUploadAsync(repo, content)) { Interlocked.Increment(ref refused); continue; }
                var answer = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "put", null, TestActor.Large(path, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length),
                    TestActor.File("turn.txt", $"{turn} of {repo}"));
                if (answer.IsSuccessStatusCode) state[path] = content;
                else Refused(answer);
                // Often everything goes, so that a blob loses its last link and the next upload of it meets the sweeper.
                if (random.Next(2) == 0 && state.Count > 0)
                {
                    var delete = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "drop", null, [.. state.Keys.Select(TestActor.Delete)]);
                    if (delete.IsSuccessStatusCode) state.Clear();
                    else Refused(delete);
                    var squash = await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/super-squash/main", new { message = "squash" });
                    if (!squash.IsSuccessStatusCode) Refused(squash);
                }
            }
            return state;
        })));
        await sweeping;

        await hub.RequireCleanAsync();
        for (var i = 0; i < repos.Length; i++)
            foreach (var (path, content) in states[i]) Assert.Equal(content, await hub.Ada.ReadFileAsync(repos[i], path));
        TestContext.Current.TestOutputHelper?.WriteLine($"{sweeps} sweeps removed {blobsSwept} blobs; {refused} requests were refused and count as not done");
        Assert.True(sweeps > 2);

        void Refused(HttpResponseMessage answer)
        {
            Interlocked.Increment(ref refused);
            Assert.True(answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.UnprocessableEntity or HttpStatusCode.PreconditionFailed,
                $"{(int)answer.StatusCode}: {answer.Content.ReadAsStringAsync().Result}");
        }
    }

    async Task<bool> TryUploadAsync(string repo, byte[] content)
    {
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        var batch = await hub.Ada.PostJsonAsync($"/{repo}.git/info/lfs/objects/batch", new { operation = "upload", transfers = new[] { "basic" }, objects = new[] { new { oid, size = content.Length } } });
        if (batch["objects"]![0]!["actions"]?["upload"]?["href"]?.GetValue<string>() is not { } href) return true;
        var put = await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content));
        Assert.True(put.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{(int)put.StatusCode}: {await put.Content.ReadAsStringAsync()}");
        return put.IsSuccessStatusCode;
    }

    [Fact]
    public async Task A_sweep_is_asked_for_once_a_day_whichever_node_looks()
    {
        var chore = new DailyMaintenance(Database, hub.Get<JobStore>(), TimeProvider.System);
        await Database.ExecuteAsync("delete from hub_setting where name = 'last_sweep_day'", null, default);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => chore.RunAsync(default)));
        await hub.SettleAsync();
        await chore.RunAsync(default);
        var jobs = (await hub.Get<JobStore>().ListAsync(null, null, 100, default)).Where(job => job.Name == SweepJob.JobName).ToList();
        Assert.StartsWith("Removed ", Assert.Single(jobs).Message);
    }

    HubDatabase Database => hub.Get<HubDatabase>();

    /// <summary>As if the bytes had been sent long ago.</summary>
    async Task AgeAsync(byte[] content)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(content));
        await Database.ExecuteAsync("update blob_grant set granted_at = 5 where digest = @digest", new { digest }, default);
        await Task.Delay(5);
    }
}

public sealed class SweepTests_Sqlite(SqliteHub hub) : SweepTests(hub), IClassFixture<SqliteHub>;

public sealed class SweepTests_Postgres(PostgresHub hub) : SweepTests(hub), IClassFixture<PostgresHub>;
