using System.Security.Cryptography;
using System.Text;
using ModelZoo.Evaluation.Records;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Serving;

/// <summary>Commits as local folders: whole, true to their digests, shared, bounded, and gone when nobody needs them.</summary>
public abstract class CommitFoldersTests(TestHub hub)
{
    CommitFolders Folders => hub.Get<CommitFolders>();

    Task<ReadableRepository> ReadableAsync(string name) => ReadableAsync(hub, name);

    internal static async Task<ReadableRepository> ReadableAsync(TestHub hub, string name)
    {
        var parts = name.Split('/');
        var account = (await hub.Get<AccountStore>().FindAsync("ada", default))!;
        return await hub.Get<AccessPolicy>().GetAsync(RepositoryKind.Model, parts[0], parts[1], new Actor(account, new(CredentialRole.Session, null, "test", 0)), AccessLevel.Read, default);
    }

    static string Sha(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    [Fact]
    public async Task A_folder_has_the_commits_files_and_the_digest_of_the_list()
    {
        var repo = await hub.Ada.CreateAsync();
        var weights = RandomNumberGenerator.GetBytes(200_000);
        await hub.Ada.CommitTextAsync(repo, "config.json", "{}");
        await hub.Ada.CommitTextAsync(repo, "README.md", "# hello");
        var head = await hub.Ada.CommitLargeAsync(repo, "onnx/model.onnx", weights);

        using var folder = await Folders.OpenAsync(await ReadableAsync(repo), head, NeededFiles.OfModel, default);

        Assert.Equal(["config.json", "onnx/model.onnx"], Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder.Path, f)).Order());
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder.Path, "onnx/model.onnx")));
        Assert.Equal(FilesDigest.Of([("onnx/model.onnx", Sha(weights)), ("config.json", Sha("{}"u8.ToArray()))]), folder.Digest);
        var text = $"{Sha("{}"u8.ToArray())}  config.json\n{Sha(weights)}  onnx/model.onnx\n";
        Assert.Equal(Sha(Encoding.UTF8.GetBytes(text)), folder.Digest);
    }

    [Fact]
    public async Task Commits_with_the_same_files_share_a_folder_and_other_files_do_not_change_the_digest()
    {
        var repo = await hub.Ada.CreateAsync();
        var first = await hub.Ada.CommitLargeAsync(repo, "model.onnx", RandomNumberGenerator.GetBytes(50_000));
        var second = await hub.Ada.CommitTextAsync(repo, "README.md", "# more");
        var third = await hub.Ada.CommitTextAsync(repo, "config.json", "{}");
        var readable = await ReadableAsync(repo);

        using var a = await Folders.OpenAsync(readable, first, NeededFiles.OfModel, default);
        using var b = await Folders.OpenAsync(readable, second, NeededFiles.OfModel, default);
        using var c = await Folders.OpenAsync(readable, third, NeededFiles.OfModel, default);

        Assert.Equal((a.Path, a.Digest), (b.Path, b.Digest));
        Assert.NotEqual(a.Digest, c.Digest);
    }

    [Fact]
    public async Task Many_who_ask_at_once_get_one_whole_folder()
    {
        var repo = await hub.Ada.CreateAsync();
        var weights = RandomNumberGenerator.GetBytes(1_500_000);
        await hub.Ada.CommitTextAsync(repo, "config.json", """{"a":1}""");
        var head = await hub.Ada.CommitLargeAsync(repo, "model.onnx", weights);
        var readable = await ReadableAsync(repo);

        var folders = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Folders.OpenAsync(readable, head, NeededFiles.OfModel, default))));

        Assert.Single(folders.Select(folder => folder.Path).Distinct());
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folders[0].Path, "model.onnx")));
        foreach (var folder in folders) folder.Dispose();
    }

    [Fact]
    public async Task Copies_stay_below_the_bound_and_what_is_held_stays()
    {
        var names = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var repo = await hub.Ada.CreateAsync();
            await hub.Ada.CommitAsync(repo, TestActor.File("model.onnx", RandomNumberGenerator.GetBytes(900_000)));     // a git object: a copy on either store
            names.Add(repo);
        }
        var held = await OpenAsync(names[0]);
        var idle = await OpenAsync(names[1]);
        var idlePath = idle.Path;
        idle.Dispose();

        using var third = await OpenAsync(names[2]);

        Assert.True(Directory.Exists(held.Path));
        Assert.False(Directory.Exists(idlePath));
        Assert.InRange(Folders.CachedBytes, 1_800_000, 2_000_000);
        var refused = await Assert.ThrowsAsync<Refusal>(() => OpenAsync(names[1]));
        Assert.Equal(RefusalKind.Unavailable, refused.Kind);
        held.Dispose();
        (await OpenAsync(names[1])).Dispose();
    }

    async Task<CommitFolder> OpenAsync(string name) => await Folders.OpenAsync(await ReadableAsync(name), await hub.Ada.HeadAsync(name), NeededFiles.OfModel, default);
}

public sealed class SmallCacheSqliteHub : SqliteHub
{
    private protected override void Adjust(HubOptions options) => options.Serving.CacheBytes = 2_000_000;
}

public sealed class SmallCachePostgresHub : PostgresHub
{
    private protected override void Adjust(HubOptions options) => options.Serving.CacheBytes = 2_000_000;
}

public sealed class CommitFoldersTests_Sqlite(SmallCacheSqliteHub hub) : CommitFoldersTests(hub), IClassFixture<SmallCacheSqliteHub>;
public sealed class CommitFoldersTests_Postgres(SmallCachePostgresHub hub) : CommitFoldersTests(hub), IClassFixture<SmallCachePostgresHub>;

/// <summary>A hub that starts again finds what it had.</summary>
public abstract class CommitFoldersRestartTests(TestHub hub)
{
    [Fact]
    public async Task What_an_earlier_process_left_is_used_again_when_whole_and_made_again_when_not()
    {
        var repo = await hub.Ada.CreateAsync();
        var weights = RandomNumberGenerator.GetBytes(100_000);
        var head = await hub.Ada.CommitLargeAsync(repo, "model.onnx", weights);
        await hub.Ada.CommitTextAsync(repo, "config.json", "{}");
        string path;
        using (var folder = await hub.Get<CommitFolders>().OpenAsync(await CommitFoldersTests.ReadableAsync(hub, repo), head, NeededFiles.OfModel, default)) path = folder.Path;
        await hub.StopAsync();
        Assert.True(File.Exists(Path.Combine(path, "model.onnx")));
        File.Delete(Path.Combine(path, "model.onnx"));                                                                  // as after a power cut
        Directory.CreateDirectory(Path.Combine(path, "..", "..", "staging", "half"));                                   // as after a kill
        Directory.CreateDirectory(Path.Combine(path, "..", new string('a', 64)));
        await hub.StartAsync();

        using var again = await hub.Get<CommitFolders>().OpenAsync(await CommitFoldersTests.ReadableAsync(hub, repo), head, NeededFiles.OfModel, default);

        Assert.Equal(path, again.Path);
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(path, "model.onnx")));
        Assert.False(Directory.Exists(Path.Combine(path, "..", "..", "staging", "half")));
        Assert.False(Directory.Exists(Path.Combine(path, "..", new string('a', 64))));
    }
}

public sealed class CommitFoldersRestartTests_Sqlite(SqliteHub hub) : CommitFoldersRestartTests(hub), IClassFixture<SqliteHub>;
public sealed class CommitFoldersRestartTests_Postgres(PostgresHub hub) : CommitFoldersRestartTests(hub), IClassFixture<PostgresHub>;
