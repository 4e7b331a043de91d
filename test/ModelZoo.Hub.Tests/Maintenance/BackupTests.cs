using System.Text.Json.Nodes;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Maintenance;

public abstract class BackupTests(TestHub hub)
{
    readonly string _scratch = Directory.CreateTempSubdirectory("zoo-backup-").FullName;

    [Fact]
    public async Task A_backup_taken_while_people_commit_is_restored_whole_into_either_kind_of_hub()
    {
        try
        {
            var repo = await hub.Ada.CreateAsync();
            var content = Upkeep.RandomBytes(150_000);
            await hub.Ada.CommitLargeAsync(repo, "weights.bin", content);
            await hub.Ada.CommitTextAsync(repo, "README.md", "---\nlicense: mit\n---\n# Ünïcödé 模型\n");
            await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/tag/main", new { tag = "v1", message = "first" });
            var target = Path.Combine(_scratch, "backup");
            var first = await BackUpAsync(target);
            Assert.True(first.NewBlobs >= 1);
            Assert.Equal(0, (await BackUpAsync(target)).NewBlobs);

            using var end = new CancellationTokenSource();
            var writing = Task.Run(async () =>
            {
                for (var i = 0; !end.IsCancellationRequested; i++) await hub.Ada.CommitLargeAsync(repo, $"more/{i}.bin", Upkeep.RandomBytes(9_000));
            });
            await Task.Delay(300);
            await BackUpAsync(target);
            await end.CancelAsync();
            await writing;
            Assert.Single(Directory.GetFiles(target, "database-*"));

            await RestoreAndCheckAsync(target, new HubOptions { DataFolder = Path.Combine(_scratch, "sqlite") }, repo, content);
            await RestoreAndCheckAsync(target, new HubOptions
            {
                DataFolder = Path.Combine(_scratch, "postgres"),
                Database = new DatabaseOptions { Kind = "postgres", Connection = await PostgresServer.CreateDatabaseAsync() },
            }, repo, content);
            await RestoreAndCheckAsync(target, new HubOptions
            {
                DataFolder = Path.Combine(_scratch, "postgres-and-s3"), Storage = await S3Server.CreateBucketAsync(),
                Database = new DatabaseOptions { Kind = "postgres", Connection = await PostgresServer.CreateDatabaseAsync() },
            }, repo, content);
        }
        finally
        {
            Directory.Delete(_scratch, recursive: true);
        }
    }

    [Fact]
    public async Task A_damaged_backup_and_a_used_target_are_refused()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "weights.bin", Upkeep.RandomBytes(10_000));
        var target = Path.Combine(_scratch, "backup");
        await BackUpAsync(target);

        var used = Directory.CreateDirectory(Path.Combine(_scratch, "used")).FullName;
        await File.WriteAllTextAsync(Path.Combine(used, "thing"), "in use");
        var (code, words) = await Upkeep.ZooAsync("restore", target, "--data", used);
        Assert.NotEqual(0, code);
        Assert.Contains("is not empty", words);

        var blob = Directory.GetFiles(Path.Combine(target, "blobs"), "*", SearchOption.AllDirectories)[0];
        var bytes = await File.ReadAllBytesAsync(blob);
        bytes[7] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes);
        (code, words) = await Upkeep.ZooAsync("restore", target, "--data", Path.Combine(_scratch, "damaged"));
        Assert.NotEqual(0, code);

        var snapshot = Directory.GetFiles(target, "database-*")[0];
        await File.AppendAllTextAsync(snapshot, "x");
        (code, words) = await Upkeep.ZooAsync("restore", target, "--data", Path.Combine(_scratch, "changed"));
        Assert.NotEqual(0, code);
        Assert.Contains("changed or damaged", words);
        Assert.False(Directory.Exists(Path.Combine(_scratch, "changed")));
        Directory.Delete(_scratch, recursive: true);
    }

    Task<BackupReport> BackUpAsync(string folder) => hub.Get<Backup>().RunAsync(folder, link: false, new JobRun(new Job()), default);

    static async Task RestoreAndCheckAsync(string source, HubOptions options, string repo, byte[] content)
    {
        var folder = new BackupFolder(source);
        var manifest = await Restore.VerifyAsync(folder, default);
        await using (var database = HubBuilder.OpenDatabase(options))
            await new Restore(database, HubBuilder.OpenBlobs(options), TimeProvider.System).RunAsync(folder, manifest, new JobRun(new Job()), default);

        var restored = new OpenedHub(options);
        await restored.InitializeAsync();
        try
        {
            await restored.RequireCleanAsync();
            Assert.Equal(content, await restored.Ada.ReadFileAsync(repo, "weights.bin"));
            Assert.Equal(content, await restored.Ada.ReadFileAsync(repo, "weights.bin", "v1"));
            await restored.Ada.CommitTextAsync(repo, "new.txt", "life goes on");
            await restored.RequireCleanAsync();
        }
        finally
        {
            await restored.DisposeAsync();
        }
    }

    /// <summary>A hub on data that is there already.</summary>
    sealed class OpenedHub(HubOptions options) : TestHub
    {
        private protected override Task<HubOptions> MakeOptionsAsync(string folder) => Task.FromResult(options);
    }
}

public sealed class BackupTests_Sqlite(SqliteHub hub) : BackupTests(hub), IClassFixture<SqliteHub>;

public sealed class BackupTests_Postgres(PostgresHub hub) : BackupTests(hub), IClassFixture<PostgresHub>;

public sealed class AdminCommandTests(SqliteHub hub) : IClassFixture<SqliteHub>
{
    [Fact]
    public async Task Accounts_and_tokens_are_made_on_the_data_folder_itself()
    {
        string[] data = ["--data", hub.Options.DataFolder];
        var (code, made) = await Upkeep.ZooAsync(["admin", "account", "create", "grace", "--administrator", .. data]);
        Assert.True(code == 0, made);
        var password = made.Trim().Split(' ')[^1];
        Assert.NotNull(await hub.Get<SignIn>().TryAsync("grace", password, "test", default));

        var (_, token) = await Upkeep.ZooAsync(["admin", "token", "grace", "--role", "write", .. data]);
        Assert.Equal("grace", (await hub.Get<TokenStore>().FindActorAsync(token.Trim(), default))!.Account!.Handle);

        Assert.Equal(0, (await Upkeep.ZooAsync(["admin", "account", "disable", "grace", .. data])).Code);
        Assert.Null(await hub.Get<TokenStore>().FindActorAsync(token.Trim(), default));
        Assert.Equal(0, (await Upkeep.ZooAsync(["admin", "account", "enable", "grace", .. data])).Code);
        Assert.NotNull(await hub.Get<TokenStore>().FindActorAsync(token.Trim(), default));

        var (_, changed) = await Upkeep.ZooAsync(["admin", "account", "password", "grace", .. data]);
        Assert.Null(await hub.Get<SignIn>().TryAsync("grace", password, "test", default));
        Assert.NotNull(await hub.Get<SignIn>().TryAsync("grace", changed.Trim().Split(' ')[^1], "test", default));

        var list = JsonNode.Parse((await Upkeep.ZooAsync(["admin", "account", "list", "--json", .. data])).Output)!.AsArray();
        Assert.Contains(list, account => account!["handle"]!.GetValue<string>() == "grace" && account["administrator"]!.GetValue<bool>());
        Assert.NotEqual(0, (await Upkeep.ZooAsync(["admin", "account", "disable", "nobody-here", .. data])).Code);
    }

    [Fact]
    public async Task Maintenance_works_from_the_command_line_beside_the_running_hub()
    {
        string[] data = ["--data", hub.Options.DataFolder];
        var repo = await hub.Ada.CreateAsync();
        var content = Upkeep.RandomBytes(4_000);
        await hub.Ada.CommitLargeAsync(repo, "w.bin", content);
        var target = Path.Combine(Path.GetTempPath(), $"zoo-backup-{Guid.NewGuid():n}");
        try
        {
            foreach (var line in (string[][])[["reindex"], ["reindex", repo], ["gc"], ["gc", "--grace", "0", "--json"], ["fsck"], ["backup", target, "--link"], ["backup", target]])
                Assert.Equal(0, (await Upkeep.ZooAsync([.. line, .. data])).Code);
            var restored = $"{target}.restored";
            Assert.Equal(0, (await Upkeep.ZooAsync("restore", target, "--data", restored)).Code);
            Assert.Equal(0, (await Upkeep.ZooAsync("fsck", "--data", restored)).Code);
            Directory.Delete(restored, recursive: true);
            Assert.NotEqual(0, (await Upkeep.ZooAsync("fsck", "--data", target)).Code);
            Assert.NotEqual(0, (await Upkeep.ZooAsync(["gc", "--grace", "soon", .. data])).Code);
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
        Assert.Equal(content, await hub.Ada.ReadFileAsync(repo, "w.bin"));
    }
}
