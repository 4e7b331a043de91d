using System.Net;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Hub.Tests.Uploads;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Tests.Xet;

public abstract class XetUpkeepTests(TestHub hub)
{
    HubDatabase Database => hub.Get<HubDatabase>();

    async Task<XetSender> NewAsync() => new(hub.Ada, await hub.Ada.CreateAsync());

    /// <summary>As if all had been sent long ago.</summary>
    async Task AgeAsync()
    {
        await Database.ExecuteAsync("update blob_grant set granted_at = 5", null, default);
        await Database.ExecuteAsync("update xorb_grant set granted_at = 5", null, default);
        await Task.Delay(5);
    }

    async Task<bool> IsStoredAsync(Xorb xorb) =>
        await Database.FindAsync<string>("select digest from xorb where hash = @hash", new { hash = xorb.Hash.ToString() }, default) is { } digest
        && await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(digest), default) is not null;

    async Task DropAsync(string repo, string path)
    {
        await hub.Ada.CommitAsync(repo, TestActor.Delete(path));
        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/super-squash/main", new { message = "one" });
    }

    [Fact]
    public async Task A_xorb_that_nobody_used_goes_after_the_grace_period_and_not_before()
    {
        var sender = await NewAsync();
        var packed = Packed.Of(XetSender.Random(200_000, 51));
        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        await hub.SweepAsync(TimeSpan.FromHours(1));
        Assert.True(await IsStoredAsync(packed.Xorb));
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.False(await IsStoredAsync(packed.Xorb));
        await XetSender.RefusedAsync(sender.SendShardAsync(packed.Shard));
        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        await XetSender.AcceptedAsync(sender.SendShardAsync(packed.Shard));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_deleted_file_frees_the_xorbs_that_only_it_used()
    {
        var sender = await NewAsync();
        var first = await sender.UploadAsync("a.bin", XetSender.Random(600_000, 52));
        byte[] second = [.. first.Content, .. XetSender.Random(300_000, 53)];
        var file = await XetTransferTests.SendNewChunksAsync(sender, first, second);
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("b.bin", Lfs.Digest(second), null));
        var fresh = file.Terms.Select(term => term.Xorb).Single(xorb => xorb != first.Xorb.Hash);

        // The first file goes; its xorb stays, because the second is made of it.
        await DropAsync(sender.Repo, "a.bin");
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Null(await Database.FindAsync<string>("select digest from blob where digest = @Oid", new { first.Oid }, default));
        Assert.True(await IsStoredAsync(first.Xorb));
        Assert.Equal(second, await hub.Ada.ReadFileAsync(sender.Repo, "b.bin"));
        await hub.RequireCleanAsync();

        await DropAsync(sender.Repo, "b.bin");
        await AgeAsync();
        var swept = await hub.SweepAsync(TimeSpan.Zero);
        Assert.True(swept.Blobs >= 3, swept.ToString());
        Assert.False(await IsStoredAsync(first.Xorb));
        Assert.Null(await Database.FindAsync<string>("select hash from xorb where hash = @hash", new { hash = fresh.ToString() }, default));
        Assert.Equal(0, await Database.FindAsync<long>("select count(*) from xet_term where xorb = @hash", new { hash = fresh.ToString() }, default));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_whole_file_whose_chunks_others_use_stays_until_they_go()
    {
        var (old, sender) = (await hub.Ada.CreateAsync(), await NewAsync());
        var content = XetSender.Random(1_500_000, 54);
        await hub.Ada.CommitLargeAsync(old, "w.bin", content);
        await hub.SettleAsync();
        var known = Packed.Of(content);
        byte[] second = [.. content, .. XetSender.Random(100_000, 55)];
        var file = await XetTransferTests.SendNewChunksAsync(sender, known, second);
        Assert.Contains(known.Xorb.Hash, file.Terms.Select(term => term.Xorb));
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("v.bin", Lfs.Digest(second), null));

        await DropAsync(old, "w.bin");
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.NotNull(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(Lfs.Digest(content)), default));
        Assert.Equal(second, await hub.Ada.ReadFileAsync(sender.Repo, "v.bin"));
        await hub.RequireCleanAsync();

        await DropAsync(sender.Repo, "v.bin");
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Null(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(Lfs.Digest(content)), default));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Two_whole_files_that_share_a_view_do_not_hold_each_other()
    {
        var (one, two) = (await hub.Ada.CreateAsync(), await hub.Ada.CreateAsync());
        var content = XetSender.Random(1_200_000, 56);
        await hub.Ada.CommitLargeAsync(one, "w.bin", content);
        await hub.SettleAsync();
        // The same chunks under another digest cannot be had by chance, so the second file's terms are made to point at the first's view.
        byte[] other = [.. content, .. XetSender.Random(50_000, 57)];
        await hub.Ada.CommitLargeAsync(two, "w.bin", other);
        await hub.SettleAsync();
        var view = await Database.FindAsync<string>("select xorb from xet_term where digest = @digest", new { digest = Lfs.Digest(content) }, default);
        await Database.ExecuteAsync("update xet_term set xorb = @view where digest = @digest", new { view, digest = Lfs.Digest(other) }, default);
        await DropAsync(one, "w.bin");
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Null(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(Lfs.Digest(content)), default));
        hub.Get<JobBell>().Ring();
        await hub.SettleAsync();
        Assert.Equal("view", await Database.FindAsync<string>("select form from xet_file where digest = @digest", new { digest = Lfs.Digest(other) }, default));
        Assert.Equal(other, await hub.Ada.ReadFileAsync(two, "w.bin"));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Sweeping_never_races_xorbs_shards_and_commits_of_the_same_content()
    {
        Packed[] contents = [.. Enumerable.Range(0, 2).Select(i => Packed.Of(XetSender.Random(150_000, 60 + i)))];
        XetSender[] senders = [await NewAsync(), await NewAsync(), await NewAsync()];
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(6));
        var (sweeps, swept, done, refused) = (0, 0, 0, 0);
        var sweeping = Task.Run(async () =>
        {
            for (; !end.IsCancellationRequested; sweeps++)
            {
                await Database.ExecuteAsync("update xorb_grant set granted_at = 5 where granted_at < @now", new { now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 20 }, default);
                swept += (await hub.SweepAsync(TimeSpan.Zero)).Blobs;
            }
        });
        var states = await Task.WhenAll(senders.Select(sender => Task.Run(async () =>
        {
            var state = new Dictionary<string, byte[]>();
            var random = new Random();
            while (!end.IsCancellationRequested)
            {
                var (path, packed) = ($"f{random.Next(2)}.bin", contents[random.Next(contents.Length)]);
                // Each step may find that the sweeper was faster; then it is done again, as clients do.
                if (!await TryAsync(sender.SendXorbAsync(packed.Xorb)) || !await TryAsync(sender.SendShardAsync(packed.Shard))
                    || !await TryAsync(hub.Ada.TryCommitAsync(TestActor.Api(sender.Repo), "put", null, TestActor.Large(path, packed.Oid, null)))) continue;
                state[path] = packed.Content;
                Interlocked.Increment(ref done);
                if (random.Next(2) != 0) continue;
                if (await TryAsync(hub.Ada.TryCommitAsync(TestActor.Api(sender.Repo), "drop", null, [.. state.Keys.Select(TestActor.Delete)]))) state.Clear();
                await TryAsync(hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(sender.Repo)}/super-squash/main", new { message = "squash" }));
            }
            return state;
        })));
        await sweeping;

        await hub.RequireCleanAsync();
        for (var i = 0; i < senders.Length; i++)
            foreach (var (path, content) in states[i]) Assert.Equal(content, await hub.Ada.ReadFileAsync(senders[i].Repo, path));
        TestContext.Current.TestOutputHelper?.WriteLine($"{done} files committed, {sweeps} sweeps removed {swept} blobs, {refused} requests were refused and count as not done");
        Assert.True(sweeps > 2 && done > 2);

        async Task<bool> TryAsync(Task<HttpResponseMessage> sending)
        {
            var response = await sending;
            if (response.IsSuccessStatusCode) return true;
            Interlocked.Increment(ref refused);
            Assert.True(response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.UnprocessableEntity or HttpStatusCode.PreconditionFailed or HttpStatusCode.BadRequest,
                $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
            return false;
        }
    }

    [Fact]
    public async Task A_damaged_xorb_is_found_and_its_file_is_never_given_out_as_if_it_were_whole()
    {
        if (hub.Options.Storage.Kind != StorageKind.Folder || OperatingSystem.IsWindows()) return;
        var sender = await NewAsync();
        var packed = await sender.UploadAsync("w.bin", XetSender.Random(400_000, 70));
        var digest = Digest.Parse(Lfs.Digest(packed.Xorb.Bytes.ToArray()));
        var path = hub.Get<IBlobStore>().FindLocalFile(digest)!;
        var good = await File.ReadAllBytesAsync(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var bad = good.ToArray();
        bad[^10] ^= 1;
        await File.WriteAllBytesAsync(path, bad);
        var report = await hub.CheckAsync();
        Assert.Contains(report.Problems, problem => problem.Kind == CheckReport.Corrupt && problem.Subject == $"blob {digest}");
        Assert.Contains(report.Problems, problem => problem.Kind == CheckReport.Corrupt && problem.Subject == $"blob {packed.Oid}");

        await File.WriteAllBytesAsync(path, bad[..^5_000]);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => hub.Nobody.Http.GetByteArrayAsync($"/{sender.Repo}/resolve/main/w.bin"));
        await File.WriteAllBytesAsync(path, good);
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_backup_holds_xorbs_and_not_the_files_made_of_them_and_is_restored_whole()
    {
        var scratch = Directory.CreateTempSubdirectory("zoo-xet-backup-").FullName;
        try
        {
            var sender = await NewAsync();
            var packed = await sender.UploadAsync("w.bin", XetSender.Random(500_000, 71));
            var target = Path.Combine(scratch, "backup");
            await hub.Get<Backup>().RunAsync(target, link: false, new JobRun(new Job()), default);
            Assert.DoesNotContain(Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories), file => file.EndsWith(packed.Oid, StringComparison.Ordinal));

            var (code, output) = await Upkeep.ZooAsync("restore", target, "--data", Path.Combine(scratch, "restored"));
            Assert.True(code == 0, output);
            (code, output) = await Upkeep.ZooAsync("fsck", "--data", Path.Combine(scratch, "restored"));
            Assert.True(code == 0, output);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    [Fact]
    public async Task What_is_stored_and_shared_is_counted_by_repository()
    {
        var (one, two) = (await NewAsync(), await NewAsync());
        async Task<(long Logical, long Stored, long Shared)> FiguresAsync(string repo)
        {
            var figures = await hub.Ada.GetJsonAsync($"/api/zoo/models/{repo}/storage");
            return (figures["logicalBytes"]!.GetValue<long>(), figures["storedBytes"]!.GetValue<long>(), figures["sharedBytes"]!.GetValue<long>());
        }
        Assert.Equal((0, 0, 0), await FiguresAsync(one.Repo));
        var first = await one.UploadAsync("a.bin", XetSender.Random(600_000, 81));
        Assert.Equal((600_000, first.Xorb.Bytes.Length, 0), await FiguresAsync(one.Repo));

        byte[] second = [.. first.Content, .. XetSender.Random(200_000, 82)];
        var file = await XetTransferTests.SendNewChunksAsync(one, first, second);
        await hub.Ada.CommitAsync(one.Repo, TestActor.Large("a.bin", Lfs.Digest(second), null));
        var both = await FiguresAsync(one.Repo);
        Assert.Equal(1_400_000, both.Logical);
        Assert.InRange(both.Stored, 800_000, 960_000);      // what was added, and the chunk that it cut off
        Assert.Equal(0, both.Shared);

        await hub.Ada.CommitAsync(two.Repo, TestActor.Large("b.bin", first.Oid, null));
        Assert.Equal((600_000, first.Xorb.Bytes.Length, first.Xorb.Bytes.Length), await FiguresAsync(two.Repo));
        Assert.Equal(first.Xorb.Bytes.Length, (await FiguresAsync(one.Repo)).Shared);
        Assert.Equal(file.Length, second.Length);

        var whole = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(whole, "w.bin", XetSender.Random(1_100_000, 83));
        await hub.SettleAsync();
        Assert.Equal((1_100_000, 1_100_000, 0), await FiguresAsync(whole));
        Assert.True((await hub.Ada.GetJsonAsync($"{TestActor.Api(one.Repo)}?expand=usedStorage"))["usedStorage"]!.GetValue<long>() > 1_400_000);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await hub.JoinAsync()).GetAsync($"/api/zoo/models/{one.Repo}/storage")).StatusCode);
    }

    [Fact]
    public async Task Reindexing_cuts_what_was_not_cut_and_changes_nothing_else()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = XetSender.Random(1_300_000, 84);
        await hub.Ada.CommitLargeAsync(repo, "w.bin", content);
        await hub.SettleAsync();
        foreach (var sql in (string[])["delete from xet_file where digest = @digest", "delete from xorb where digest = @digest"])
            await Database.ExecuteAsync(sql, new { digest = Lfs.Digest(content) }, default);
        await hub.ReindexAsync();
        await hub.SettleAsync();
        Assert.Equal("view", await Database.FindAsync<string>("select form from xet_file where digest = @digest", new { digest = Lfs.Digest(content) }, default));
    }
}

public sealed class XetUpkeepTests_Sqlite(SqliteHub hub) : XetUpkeepTests(hub), IClassFixture<SqliteHub>;
public sealed class XetUpkeepTests_Postgres(PostgresHub hub) : XetUpkeepTests(hub), IClassFixture<PostgresHub>;
