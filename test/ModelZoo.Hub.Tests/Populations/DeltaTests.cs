using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Populations.Deltas;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Hub.Tests.Uploads;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Tests.Populations;

public abstract class DeltaTests(TestHub hub)
{
    const int Numbers = 30_000;

    HubDatabase Database => hub.Get<HubDatabase>();

    IBlobStore Blobs => hub.Get<IBlobStore>();

    DeltaTrim Trim => hub.Get<DeltaTrim>();

    /// <summary>A population of two members, one begun from the other, with so many states each.</summary>
    sealed record Sample(string Repo, IReadOnlyDictionary<string, byte[]> States);

    static byte[] State(float[] weights, int epoch)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["__metadata__"] = new Dictionary<string, string> { ["epoch"] = $"{epoch:D6}" },
            ["head.weight"] = new { dtype = "F32", shape = new[] { weights.Length }, data_offsets = new[] { 0, weights.Length * 4 } },
        });
        byte[] padded = [.. header, .. Enumerable.Repeat((byte)' ', (8 - (header.Length % 8)) % 8)];
        return [.. BitConverter.GetBytes((long)padded.Length), .. padded, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes(weights.AsSpan())];
    }

    async Task<Sample> MakeAsync(int epochs = 4, int seed = 0)
    {
        var random = seed == 0 ? new Random() : new Random(seed);
        var repo = await hub.Ada.CreateAsync();
        var states = new Dictionary<string, byte[]>();
        var weights = Enumerable.Range(0, Numbers).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        foreach (var member in (string[])["base-1", "fine-1"])
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                states[PopulationLayout.Checkpoint(member, epoch)] = State(weights, epoch);
                for (var i = 0; i < weights.Length; i++) weights[i] += (float)((random.NextDouble() - 0.5) * 1e-3);
            }
        var operations = new List<object>
        {
            TestActor.File(PopulationLayout.Record, "{}"),
            TestActor.File(PopulationLayout.Card("base-1"), """{"id":"base-1"}"""),
            TestActor.File(PopulationLayout.Card("fine-1"), """{"id":"fine-1","parent":{"member":"base-1","epoch":"best"}}"""),
        };
        foreach (var (path, content) in states) operations.Add(TestActor.Large(path, await hub.Ada.UploadAsync(repo, content), content.Length));
        await hub.Ada.CommitAsync(repo, [.. operations]);
        await hub.SettleAsync();
        return new(repo, states);
    }

    async Task AgeAsync()
    {
        await Database.ExecuteAsync("update blob_grant set granted_at = 5", null, default);
        await Task.Delay(5);
    }

    Task<long> CountAsync(string condition) => Database.FindAsync<long>($"select count(*) from blob_delta where {condition}", null, default);

    /// <summary>Blobs of this population, by form: stored as differences and not.</summary>
    async Task<(List<string> Deltas, List<string> Plain)> FormsAsync(Sample sample)
    {
        var (deltas, plain) = (new List<string>(), new List<string>());
        foreach (var (path, content) in sample.States)
            (await Database.FindAsync<string>("select digest from blob_delta where digest = @d", new { d = Lfs.Digest(content) }, default) is null ? plain : deltas).Add(path);
        return (deltas, plain);
    }

    async Task RequireReadableAsync(Sample sample)
    {
        foreach (var (path, content) in sample.States)
        {
            Assert.Equal(content, await hub.Ada.ReadFileAsync(sample.Repo, path));
            var head = await hub.Ada.SendAsync(HttpMethod.Head, $"/{sample.Repo}/resolve/main/{path}");
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            Assert.Equal($"\"{Lfs.Digest(content)}\"", head.Headers.ETag!.Tag);
            Assert.Equal(content.Length, head.Content.Headers.ContentLength);
        }
    }

    [Fact]
    public async Task States_become_differences_and_every_client_reads_the_same_bytes()
    {
        var sample = await MakeAsync(6);
        var (deltas, plain) = await FormsAsync(sample);
        Assert.Equal([PopulationLayout.Checkpoint("base-1", 0)], plain);
        Assert.Equal(11, deltas.Count);
        await RequireReadableAsync(sample);
        Assert.True(await Trim.RunAsync(default) >= 11);
        foreach (var path in deltas) Assert.Null(Blobs.FindLocalFile(Digest.Parse(Lfs.Digest(sample.States[path]))));
        await RequireReadableAsync(sample);

        var (path1, content) = sample.States.Last();
        foreach (var (from, to) in ((long, long?)[])[(0, 0), (0, 99), (77_777, 77_801), (content.Length - 5, null), (1000, content.Length + 50)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/{sample.Repo}/resolve/main/{path1}");
            request.Headers.Range = new RangeHeaderValue(from, to);
            var part = await hub.Ada.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal(content[(int)from..(int)Math.Min(content.Length, (to ?? content.Length) + 1)], await part.Content.ReadAsByteArrayAsync());
        }
        // LFS, and with it git: the hub's own address, because the object store has no such object.
        var batch = await hub.Ada.PostJsonAsync($"/{sample.Repo}.git/info/lfs/objects/batch", new { operation = "download", transfers = new[] { "basic" }, hash_algo = "sha256", objects = new[] { new { oid = Lfs.Digest(content), size = content.Length } } });
        var href = batch["objects"]![0]!["actions"]!["download"]!["href"]!.GetValue<string>();
        Assert.StartsWith(hub.Url, href);
        Assert.Equal(content, await hub.Nobody.Http.GetByteArrayAsync(href));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task What_is_saved_is_said_to_who_may_know()
    {
        var sample = await MakeAsync();
        var before = await hub.Ada.GetJsonAsync($"/api/zoo/models/{sample.Repo}/storage");
        var deltas = before["deltas"]!;
        Assert.Equal(7, deltas["files"]!.GetValue<long>());
        Assert.Equal(deltas["plainBytes"]!.GetValue<long>(), deltas["waitingBytes"]!.GetValue<long>());
        Assert.InRange(deltas["storedBytes"]!.GetValue<double>() / deltas["plainBytes"]!.GetValue<long>(), 0.4, 0.85);
        await Trim.RunAsync(default);
        var after = await hub.Ada.GetJsonAsync($"/api/zoo/models/{sample.Repo}/storage");
        Assert.Equal(0, after["deltas"]!["waitingBytes"]!.GetValue<long>());
        Assert.Equal(before["storedBytes"]!.GetValue<long>() - deltas["plainBytes"]!.GetValue<long>() + deltas["storedBytes"]!.GetValue<long>(), after["storedBytes"]!.GetValue<long>());
        Assert.Equal(before["logicalBytes"]!.GetValue<long>(), after["logicalBytes"]!.GetValue<long>());
        Assert.True((await hub.Get<StorageSavingsQuery>().FindTotalAsync(default))!.SavedBytes > 0);
    }

    [Fact]
    public async Task Chains_are_no_deeper_than_they_may_be()
    {
        await MakeAsync(18);
        Assert.InRange((await Database.FindAsync<long>("select max(depth) from blob_delta", null, default))!, 3, DeltaStore.MaxDepth);
    }

    [Fact]
    public async Task Readers_see_whole_content_while_forms_change()
    {
        var sample = await MakeAsync(8);
        using var end = new CancellationTokenSource();
        var reads = 0;
        var readers = Enumerable.Range(0, 3).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            while (!end.IsCancellationRequested)
            {
                var (path, content) = sample.States.ElementAt(random.Next(sample.States.Count));
                Assert.Equal(content, await hub.Ada.ReadFileAsync(sample.Repo, path));
                Interlocked.Increment(ref reads);
            }
        })).ToList();
        while (Volatile.Read(ref reads) < 10) await Task.Delay(5);
        Assert.True(await Trim.RunAsync(default) >= 15);
        for (var seen = Volatile.Read(ref reads); Volatile.Read(ref reads) < seen + 10;) await Task.Delay(5);
        await end.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_job_that_was_killed_anywhere_leaves_nothing_broken()
    {
        var sample = await MakeAsync(5);
        // As if the process had died after the container was stored and before the row said so; and once more after some bytes were removed.
        await Database.ExecuteAsync("delete from blob_delta where digest in (select digest from blob_delta order by made_at desc limit 3)", null, default);
        await RequireReadableAsync(sample);
        await hub.Get<JobStore>().EnqueueAsync(DeltaWork.JobFor(await RepositoryIdAsync(sample.Repo)), default);
        await hub.SettleAsync();
        Assert.Equal(9, (await FormsAsync(sample)).Deltas.Count);
        var due = await hub.Get<DeltaStore>().ListDueAsync(100, default);
        await Blobs.DeleteAsync(due[0].Digest, default);
        await RequireReadableAsync(sample);
        await Trim.RunAsync(default);
        Assert.Equal(0, await CountAsync("plain_until is not null"));
        await RequireReadableAsync(sample);
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        await RequireReadableAsync(sample);
        await hub.RequireCleanAsync();
    }

    async Task<long> RepositoryIdAsync(string repo) =>
        await Database.FindAsync<long>("select repository.id from repository where repository.name = @name", new { name = repo.Split('/')[1] }, default);

    [Fact]
    public async Task Bases_and_containers_stay_while_they_are_needed_and_go_afterwards()
    {
        var sample = await MakeAsync();
        await Trim.RunAsync(default);
        var last = PopulationLayout.Checkpoint("fine-1", 3);
        var content = sample.States[last];
        var kept = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(kept, "model.safetensors", content);
        Assert.Equal(HttpStatusCode.OK, (await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = sample.Repo.Split('/')[1], organization = "ada", type = "model" })).StatusCode);
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Equal(content, await hub.Ada.ReadFileAsync(kept, "model.safetensors"));
        await hub.RequireCleanAsync();

        await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = kept.Split('/')[1], organization = "ada", type = "model" });
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        foreach (var state in sample.States.Values) Assert.Null(await Blobs.FindSizeAsync(Digest.Parse(Lfs.Digest(state)), default));
        foreach (var state in sample.States.Values) Assert.Equal(0, await CountAsync($"digest = '{Lfs.Digest(state)}' or base = '{Lfs.Digest(state)}'"));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_damaged_container_is_found_and_never_given_out()
    {
        if (hub.Options.Storage.Kind != StorageKind.Folder || OperatingSystem.IsWindows()) return;
        var sample = await MakeAsync(3);
        var path = PopulationLayout.Checkpoint("fine-1", 2);
        var digest = Digest.Parse(Lfs.Digest(sample.States[path]));
        var delta = (await hub.Get<DeltaStore>().FindAsync(digest, default))!;

        // While the bytes are there, the container is given up.
        Damage(delta.Container);
        await Trim.RunAsync(default);
        Assert.Null(await hub.Get<DeltaStore>().FindAsync(digest, default));
        Assert.NotNull(Blobs.FindLocalFile(digest));
        await RequireReadableAsync(sample);

        var other = Digest.Parse(Lfs.Digest(sample.States[PopulationLayout.Checkpoint("fine-1", 1)]));
        Damage((await hub.Get<DeltaStore>().FindAsync(other, default))!.Container);
        await Assert.ThrowsAnyAsync<Exception>(() => hub.Ada.ReadFileAsync(sample.Repo, PopulationLayout.Checkpoint("fine-1", 1)));
        var report = await hub.CheckAsync();
        Assert.Contains(report.Problems, problem => problem.Kind == CheckReport.Corrupt && problem.Subject == $"blob {other}");
        Restore();

        void Damage(Digest container)
        {
            var file = Blobs.FindLocalFile(container)!;
            File.Copy(file, file + ".good");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            using var bytes = File.Open(file, FileMode.Open);
            bytes.Position = bytes.Length / 2;
            var b = bytes.ReadByte();
            bytes.Position--;
            bytes.WriteByte((byte)(b ^ 0x10));
        }

        void Restore()
        {
            foreach (var good in Directory.GetFiles(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(Blobs.FindLocalFile(delta.Container)!)))!, "*.good", SearchOption.AllDirectories)) File.Move(good, good[..^5], overwrite: true);
        }
    }

    [Fact]
    public async Task What_is_sent_again_is_verified_and_not_stored_twice()
    {
        var sample = await MakeAsync(2);
        await Trim.RunAsync(default);
        var (path, content) = sample.States.Last();
        var other = await hub.JoinAsync();
        var repo = await other.CreateAsync();
        await other.CommitLargeAsync(repo, "w.safetensors", content);
        Assert.Equal(content, await other.ReadFileAsync(repo, "w.safetensors"));
        await Trim.RunAsync(default);
        Assert.Null(Blobs.FindLocalFile(Digest.Parse(Lfs.Digest(content))));
        Assert.Equal(content, await hub.Ada.ReadFileAsync(sample.Repo, path));
    }

    [Fact]
    public async Task A_backup_holds_containers_and_a_restored_hub_reads_them()
    {
        var sample = await MakeAsync(3);
        await Trim.RunAsync(default);
        var scratch = Path.Combine(Path.GetTempPath(), $"zoo-deltas-{Guid.NewGuid():n}");
        try
        {
            await Task.Delay(5);
            await hub.Get<Backup>().RunAsync(Path.Combine(scratch, "backup"), link: false, new JobRun(new Job()), default);
            var (code, words) = await Upkeep.ZooAsync("restore", Path.Combine(scratch, "backup"), "--data", Path.Combine(scratch, "hub"));
            Assert.True(code == 0, words);
            var restored = new OpenedHub(new HubOptions { DataFolder = Path.Combine(scratch, "hub") });
            await restored.InitializeAsync();
            try
            {
                var deltas = (await FormsAsync(sample)).Deltas;
                foreach (var (path, content) in sample.States)
                {
                    Assert.Equal(content, await restored.Ada.ReadFileAsync(sample.Repo, path));
                    Assert.Equal(deltas.Contains(path), restored.Get<IBlobStore>().FindLocalFile(Digest.Parse(Lfs.Digest(content))) is null);
                }
                await restored.RequireCleanAsync();
            }
            finally
            {
                await restored.DisposeAsync();
            }
        }
        finally
        {
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }
    }

    sealed class OpenedHub(HubOptions options) : TestHub
    {
        private protected override Task<HubOptions> MakeOptionsAsync(string folder) => Task.FromResult(options);
    }
}

public sealed class SqliteDeltaHub : SqliteHub
{
    private protected override void Adjust(HubOptions options) => options.Deltas.KeepPlainMinutes = 0;
}

public sealed class PostgresDeltaHub : PostgresHub
{
    private protected override void Adjust(HubOptions options) => options.Deltas.KeepPlainMinutes = 0;
}

public sealed class DeltaTests_Sqlite(SqliteDeltaHub hub) : DeltaTests(hub), IClassFixture<SqliteDeltaHub>;

public sealed class DeltaTests_Postgres(PostgresDeltaHub hub) : DeltaTests(hub), IClassFixture<PostgresDeltaHub>;
