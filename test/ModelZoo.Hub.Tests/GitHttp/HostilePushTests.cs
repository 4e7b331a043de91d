using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Git.Packs;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Tests.GitHttp;

/// <summary>Pushes that no git client sends, byte by byte.</summary>
public abstract class HostilePushTests(TestHub hub)
{
    const string Zero = "0000000000000000000000000000000000000000";
    const string Said = "\0report-status side-band-64k";

    static readonly Signature s_signature = new("Mallory", "mallory@example.org", DateTimeOffset.UnixEpoch.AddDays(20000));

    [Fact]
    public async Task Lines_that_are_malformed_are_refused_in_words()
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var body in (string[])["", "00", "zzzz", "0003", "fff0abc", "0010short", "0001", "0002", "0030not a command at all, really not\n0000", $"0067{Zero} {Zero}refs/heads/x0000"])
        {
            var answer = await PostAsync(hub.Ada, repo, Encoding.ASCII.GetBytes(body));
            Assert.True(answer.StatusCode is HttpStatusCode.BadRequest, $"'{body}' was answered with {(int)answer.StatusCode}");
        }
        var probe = await PostAsync(hub.Ada, repo, "0000"u8.ToArray());
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.Http.PostAsync($"/{repo}/git-receive-pack", new StringContent("0000"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.GetAsync($"/{repo}/info/refs")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.GetAsync($"/{repo}/info/refs?service=git-upload-archive")).StatusCode);
    }

    [Fact]
    public async Task Packs_that_are_malformed_change_nothing_and_are_refused_in_words()
    {
        var repo = await hub.Ada.CreateAsync();
        var head = await hub.Ada.HeadAsync(repo);
        var good = await PackAsync([StoredBlob("x"u8.ToArray())]);
        var broken = good.ToArray();
        broken[^1] ^= 1;
        foreach (var (pack, words) in ((byte[], string)[])[
            ([], "cut off"), (good[..^5], "cut off"), (broken, "wrong checksum"), ([.. good, 1], "follows the pack's end"), ("PACK\0\0\0\u0003\0\0\0\0"u8.ToArray(), "version 2"),
            (Bomb(), "inflates to more"), ("GARBAGEGARBAGE"u8.ToArray(), "not a pack")])
            Assert.Contains(words, await PushAsync(hub.Ada, repo, pack, (head, new string('1', 40), "refs/heads/main")));
        Assert.Equal(head, await hub.Ada.HeadAsync(repo));
    }

    [Fact]
    public async Task A_body_may_be_gzipped_and_references_may_be_ten_thousand()
    {
        var repo = await hub.Ada.CreateAsync();
        var head = await hub.Ada.HeadAsync(repo);
        var commands = Enumerable.Range(0, 10_000).Select(i => (Zero, head, $"refs/tags/many/{i:d5}")).ToArray();
        var report = await PushAsync(hub.Ada, repo, await PackAsync([]), commands);
        Assert.Equal(10_000, report.Split("ok refs/tags/").Length - 1);
        Assert.Contains("cannot stand beside", await PushAsync(hub.Ada, repo, await PackAsync([]), (Zero, head, "refs/tags/many")));
        using var work = new WorkFolder();
        work.Clone(hub, hub.Nobody, repo);
        Assert.Equal(10_000, work.Git("tag").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        report = await PushAsync(hub.Ada, repo, [], [.. commands.Take(9_000).Select(c => (c.head, Zero, c.Item3))]);
        Assert.Equal(9_000, report.Split("ok refs/tags/").Length - 1);
        work.Git("fetch", "-q", "--prune", "--prune-tags", "origin");
        Assert.Equal(1_000, work.Git("tag").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var tooMany = Enumerable.Range(0, 50_001).Select(i => (Zero, head, $"refs/tags/more/{i}")).ToArray();
        Assert.Contains("at most 50000 references", await PushAsync(hub.Ada, repo, await PackAsync([]), tooMany));
    }

    [Fact]
    public async Task What_is_not_in_the_push_must_be_in_this_repository_even_where_a_space_of_objects_is_shared()
    {
        var theirs = await hub.Ada.CreateAsync(isPrivate: true);
        await hub.Ada.CommitAsync(theirs, TestActor.File("secret.txt", "nobody else may read this, whatever they know"), TestActor.File("folder/more.txt", "and this"));
        var secretCommit = await hub.Ada.HeadAsync(theirs);
        var mallory = await hub.JoinAsync();
        var mine = await mallory.CreateAsync();
        var myHead = await mallory.HeadAsync(mine);
        await ShareSpaceAsync(theirs, mine);

        var secret = GitHash.Of(ObjectType.Blob, "nobody else may read this, whatever they know"u8);
        var folder = Tree.Of([new("more.txt", EntryMode.File, GitHash.Of(ObjectType.Blob, "and this"u8))]).Id;
        // A commit, by its id alone; a blob and a folder, named by a tree; a delta whose base is the secret.
        Assert.Contains("neither in the push nor in this repository", await PushAsync(mallory, mine, await PackAsync([]), (Zero, secretCommit, "refs/heads/stolen")));
        foreach (var entry in (TreeEntry[])[new("a", EntryMode.File, secret), new("b", EntryMode.Folder, folder), new("c", EntryMode.File, ObjectId.Parse(new string('7', 40)))])
        {
            var tree = Tree.Of([entry]);
            var commit = new Commit(tree.Id, [ObjectId.Parse(myHead)], s_signature, s_signature, "give me that");
            var report = await PushAsync(mallory, mine, await PackAsync([(ObjectType.Tree, tree.Encode()), (ObjectType.Commit, commit.Encode())]), (myHead, commit.Id.Hex, "refs/heads/main"));
            Assert.Contains($"The object {entry.Id} of '{entry.Name}' is neither in the push nor in this repository", report);
        }
        var onTop = new Commit(ObjectId.EmptyTree, [ObjectId.Parse(secretCommit)], s_signature, s_signature, "on top of yours");
        Assert.Contains("neither in the push nor in this repository",
            await PushAsync(mallory, mine, await PackAsync([(ObjectType.Commit, onTop.Encode()), (ObjectType.Tree, [])]), (Zero, onTop.Id.Hex, "refs/heads/x")));
        Assert.Contains("neither in the pack nor known", await PushAsync(mallory, mine, ThinOn(secret), (Zero, new string('1', 40), "refs/heads/x")));

        // What is in its own history it may name, also where it stands no longer.
        await mallory.CommitTextAsync(mine, "old.txt", "an old file");
        await mallory.CommitAsync(mine, TestActor.Delete("old.txt"));
        var now = await mallory.HeadAsync(mine);
        var back = Tree.Of([new("back.txt", EntryMode.File, GitHash.Of(ObjectType.Blob, "an old file"u8))]);
        var again = new Commit(back.Id, [ObjectId.Parse(now)], s_signature, s_signature, "bring it back");
        Assert.Contains("ok refs/heads/main", await PushAsync(mallory, mine, await PackAsync([(ObjectType.Tree, back.Encode()), (ObjectType.Commit, again.Encode())]), (now, again.Id.Hex, "refs/heads/main")));
        Assert.Equal("an old file", Encoding.UTF8.GetString(await mallory.ReadFileAsync(mine, "back.txt")));
        using var work = new WorkFolder();
        work.Clone(hub, mallory, mine);
        Assert.NotEqual(0, work.TryGit("fetch", "-q", "origin", secretCommit).Code);
        Assert.NotEqual(0, work.TryGit("fetch", "-q", "origin", secret.Hex).Code);
    }

    [Fact]
    public async Task A_few_trees_that_name_more_files_than_there_are_atoms_are_refused()
    {
        var repo = await hub.Ada.CreateAsync();
        var objects = new List<(ObjectType, byte[])> { StoredBlob("x"u8.ToArray()) };
        var tree = Tree.Of(Enumerable.Range(0, 10).Select(i => new TreeEntry($"f{i}", EntryMode.File, GitHash.Of(ObjectType.Blob, "x"u8))));
        for (var level = 0; level < 40; level++)
        {
            objects.Add((ObjectType.Tree, tree.Encode()));
            var below = tree.Id;
            tree = Tree.Of(Enumerable.Range(0, 10).Select(i => new TreeEntry($"d{i}", EntryMode.Folder, below)));
        }
        objects.Add((ObjectType.Tree, tree.Encode()));
        var commit = new Commit(tree.Id, [], s_signature, s_signature, "boom");
        objects.Add((ObjectType.Commit, commit.Encode()));
        Assert.Contains("at most 1000000 files", await PushAsync(hub.Ada, repo, await PackAsync([.. objects]), (Zero, commit.Id.Hex, "refs/heads/boom")));

        objects.Clear();
        tree = Tree.Of([new("f", EntryMode.File, GitHash.Of(ObjectType.Blob, "x"u8))]);
        objects.Add(StoredBlob("x"u8.ToArray()));
        for (var level = 0; level < 2_000; level++)
        {
            objects.Add((ObjectType.Tree, tree.Encode()));
            tree = Tree.Of([new("d", EntryMode.Folder, tree.Id)]);
        }
        objects.Add((ObjectType.Tree, tree.Encode()));
        commit = new Commit(tree.Id, [], s_signature, s_signature, "deep");
        objects.Add((ObjectType.Commit, commit.Encode()));
        Assert.Contains("at most 128 segments", await PushAsync(hub.Ada, repo, await PackAsync([.. objects]), (Zero, commit.Id.Hex, "refs/heads/deep")));
    }

    [Fact]
    public async Task Objects_that_fsck_would_complain_about_and_commands_that_make_no_sense_are_refused()
    {
        var repo = await hub.Ada.CreateAsync();
        var head = await hub.Ada.HeadAsync(repo);
        var bad = Encoding.UTF8.GetBytes($"tree {ObjectId.EmptyTree}\nauthor A<a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx");
        Assert.Contains("no blank before the e-mail", await PushAsync(hub.Ada, repo, await PackAsync([(ObjectType.Commit, bad)]), (Zero, GitHash.Of(ObjectType.Commit, bad).Hex, "refs/heads/x")));
        byte[] unsorted = [.. "100644 b\0"u8, .. new byte[20].Select(_ => (byte)1), .. "100644 a\0"u8, .. new byte[20].Select(_ => (byte)1)];
        var commit = new Commit(GitHash.Of(ObjectType.Tree, unsorted), [], s_signature, s_signature, "unsorted");
        Assert.Contains("not sorted", await PushAsync(hub.Ada, repo, await PackAsync([(ObjectType.Tree, unsorted), (ObjectType.Commit, commit.Encode())]), (Zero, commit.Id.Hex, "refs/heads/x")));
        var blob = GitHash.Of(ObjectType.Blob, "x"u8).Hex;
        Assert.Contains("a tag must lead to a commit", await PushAsync(hub.Ada, repo, await PackAsync([StoredBlob("x"u8.ToArray())]), (Zero, blob, "refs/tags/x")));
        Assert.Contains("where a commit should be", await PushAsync(hub.Ada, repo, await PackAsync([StoredBlob("x"u8.ToArray())]), (Zero, blob, "refs/heads/x")));
        foreach (var name in (string[])["refs/heads/../x", "refs/heads/a.lock", "HEAD", "refs/heads/", "refs/heads/-x", "refs/heads/a b", "refs/heads/x\u007f", "../../etc/passwd"])
            Assert.Contains("ng " + new string([.. name.Select(c => char.IsControl(c) ? c : c)]), await PushAsync(hub.Ada, repo, await PackAsync([]), (Zero, head, name)));
        Assert.Contains("named twice", await PushAsync(hub.Ada, repo, await PackAsync([]), (Zero, head, "refs/heads/t"), (Zero, head, "refs/heads/t")));
        Assert.Contains("moved meanwhile", await PushAsync(hub.Ada, repo, await PackAsync([]), (new string('2', 40), head, "refs/heads/main")));
        Assert.Contains("does not exist", await PushAsync(hub.Ada, repo, [], (Zero, Zero, "refs/heads/none")));
    }

    static (ObjectType, byte[]) StoredBlob(byte[] content) => (ObjectType.Blob, content);

    static async Task<byte[]> PackAsync((ObjectType Type, byte[] Content)[] objects)
    {
        var output = new MemoryStream();
        using var writer = new PackWriter(output, (uint)objects.Length);
        foreach (var (type, content) in objects) await writer.AddAsync(type, content, default);
        await writer.FinishAsync(default);
        return output.ToArray();
    }

    /// <summary>States an exbibyte.</summary>
    static byte[] Bomb() => Sealed([.. "PACK\0\0\0\u0002\0\0\0\u0001"u8, 0xb0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0x78, 0x01, 0x03, 0, 0, 0, 0, 1]);

    static byte[] ThinOn(ObjectId missing)
    {
        var delta = new MemoryStream();
        delta.Write("PACK\0\0\0\u0002\0\0\0\u0001"u8);
        delta.WriteByte(7 << 4 | 6);
        delta.Write(missing.ToHash());
        using (var zlib = new ZLibStream(delta, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write([45, 3, 3, 1, 2, 3]);
        return Sealed(delta.ToArray());
    }

    static byte[] Sealed(byte[] pack) => [.. pack, .. SHA1.HashData(pack)];

    static async Task<string> PushAsync(TestActor actor, string repo, byte[] pack, params (string From, string To, string Name)[] commands)
    {
        var body = new MemoryStream();
        for (var i = 0; i < commands.Length; i++) PktLine.Write(body, $"{commands[i].From} {commands[i].To} {commands[i].Name}{(i > 0 ? "" : commands.Length > 100 ? "\0report-status" : Said)}");
        PktLine.WriteFlush(body);
        body.Write(pack);
        using var answer = await PostAsync(actor, repo, body.ToArray());
        return Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync());
    }

    static Task<HttpResponseMessage> PostAsync(TestActor actor, string repo, byte[] body)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(body);
        var content = body.Length > 1000 ? new ByteArrayContent(zipped.ToArray()) : new ByteArrayContent(body);
        if (body.Length > 1000) content.Headers.ContentEncoding.Add("gzip");
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-receive-pack-request");
        return actor.Http.PostAsync($"/{repo}.git/git-receive-pack", content);
    }

    async Task ShareSpaceAsync(string from, string to)
    {
        var (a, b) = (await FindAsync(from), await FindAsync(to));
        var database = hub.Get<HubDatabase>();
        foreach (var table in (string[])["git_object", "git_commit", "git_commit_parent"])
            await database.WriteAsync(tx => tx.ExecuteAsync(
                $"update {table} set space_id = @a where space_id = @b and not exists (select 1 from {table} as other where other.space_id = @a and other.id = {table}.id)", new { a, b }, default), default);
        await database.WriteAsync(tx => tx.ExecuteAsync("update repository set space_id = @a where space_id = @b", new { a, b }, default), default);
    }

    async Task<long> FindAsync(string repo) => (await hub.Get<ModelZoo.Hub.Repositories.RepositoryStore>().FindAsync(
        ModelZoo.Hub.Repositories.RepositoryKind.Model, repo.Split('/')[0], repo.Split('/')[1], null, default))!.Value.Repository.SpaceId;
}

public sealed class HostilePushTests_Sqlite(SqliteHub hub) : HostilePushTests(hub), IClassFixture<SqliteHub>;

public sealed class HostilePushTests_Postgres(PostgresHub hub) : HostilePushTests(hub), IClassFixture<PostgresHub>;
