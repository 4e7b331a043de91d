using System.Net.Http.Json;
using System.Text;
using ModelZoo.Hub.Tests.Maintenance;

namespace ModelZoo.Hub.Tests.GitHttp;

/// <summary>Push with the real git.</summary>
public abstract class PushTests(TestHub hub)
{
    [Fact]
    public async Task A_pushed_commit_is_everywhere_that_an_api_commit_would_be()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        var first = work.Commit("one", ("README.md", "---\nlicense: mit\ntags: [pushed]\n---\n# Pushed\n"), ("data/a.txt", "a"));
        var second = work.Commit("two", ("data/b.txt", "b"));
        work.Git("push", "-q");

        var info = await hub.Ada.GetJsonAsync($"/api/models/{repo}");
        Assert.Equal(second, info["sha"]!.GetValue<string>());
        Assert.Contains("pushed", info["tags"]!.AsArray().Select(t => t!.GetValue<string>()));
        Assert.Equal("license:mit", info["tags"]!.AsArray().Select(t => t!.GetValue<string>()).Single(t => t.StartsWith("license:")));
        var history = await hub.Ada.GetJsonAsync($"/api/models/{repo}/commits/main");
        Assert.Equal(["two", "one", "initial commit"], history.AsArray().Select(c => c!["title"]!.GetValue<string>()));
        var tree = (await hub.Ada.GetJsonAsync($"/api/models/{repo}/tree/main?expand=true&recursive=true")).AsArray();
        string Last(string path) => tree.Single(e => e!["path"]!.GetValue<string>() == path)!["lastCommit"]!["id"]!.GetValue<string>();
        Assert.Equal((first, second, second, first), (Last("data/a.txt"), Last("data/b.txt"), Last("data"), Last("README.md")));
        Assert.Equal("b", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, "data/b.txt")));
        var api = await hub.Ada.CommitTextAsync(repo, "api.txt", "on top");
        work.Git("pull", "-q");
        Assert.Equal(api, work.Git("rev-parse", "HEAD").Trim());
    }

    [Fact]
    public async Task Merges_renames_and_signatures_are_taken_and_reindexing_changes_nothing()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        work.Commit("base", ("a/one.txt", "1"), ("a/two.txt", "2"), ("c.txt", "c"));
        work.Git("push", "-q");
        work.Git("checkout", "-q", "-b", "side");
        work.Commit("side 1", ("side.txt", "s"));
        work.Git("mv", "a", "moved");
        work.Commit("side 2");
        work.Git("checkout", "-q", "main");
        work.Commit("main 1", ("c.txt", "cc"));
        work.Git("merge", "-q", "--no-ff", "-m", "merge side", "side");
        var odd = work.Git("cat-file", "commit", "HEAD").Replace("\n\n", "\nencoding ISO-8859-1\ngpgsig -----BEGIN\n abc\n -----END\n\n");
        File.WriteAllText(Path.Combine(work.Path, "../commit"), odd);
        var signed = work.Git("hash-object", "-t", "commit", "-w", "../commit").Trim();
        work.Git("reset", "-q", "--hard", signed);
        work.Commit("after", ("d.txt", "d"));
        work.Git("tag", "-a", "v1", "-m", "tagged");
        work.Git("push", "-q", "origin", "main", "side", "v1");

        Assert.Equal(work.Git("rev-parse", "HEAD").Trim(), await hub.Ada.HeadAsync(repo));
        var history = await hub.Ada.GetJsonAsync($"/api/models/{repo}/commits/main");
        Assert.Equal(work.Git("rev-list", "--count", "HEAD").Trim(), history.AsArray().Count.ToString());
        Assert.Contains(signed, history.AsArray().Select(c => c!["id"]!.GetValue<string>()));
        await SameAfterReindexAsync();

        // Now main goes on along side's line: the first parents are others than before.
        work.Git("checkout", "-q", "side");
        work.Git("merge", "-q", "--no-ff", "-m", "the other way round", "main");
        work.Git("push", "-q", "origin", "side:main");
        await SameAfterReindexAsync();
        using var copy = new WorkFolder();
        copy.Clone(hub, hub.Nobody, repo);
        Assert.Equal("", copy.Git("fsck", "--strict", "--full", "--no-dangling"));
    }

    [Fact]
    public async Task Only_who_may_write_pushes()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        work.Commit("x", ("x", "x"));
        var head = await hub.Ada.HeadAsync(repo);
        var reader = await hub.JoinAsync();
        var readToken = await hub.JoinAsync("ada", ModelZoo.Hub.Accounts.CredentialRole.Read);
        foreach (var actor in (TestActor[])[hub.Nobody, reader, readToken])
            Assert.NotEqual(0, work.TryGit("push", "-q", WorkFolder.Address(hub, actor, repo), "main").Code);
        Assert.Equal(head, await hub.Ada.HeadAsync(repo));
        Assert.Contains("403", work.TryGit("push", "-q", WorkFolder.Address(hub, reader, repo), "main").Errors);
    }

    [Fact]
    public async Task History_is_not_rewritten_unless_the_repository_allows_it()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        var first = work.Commit("one", ("a.txt", "1"));
        work.Git("tag", "v1");
        work.Git("push", "-q", "origin", "main", "v1", "main:other");
        work.Git("commit", "-q", "--amend", "-m", "one, but different");
        work.Git("tag", "-f", "v1");

        Assert.Contains("not a fast-forward", work.TryGit("push", "-f", "origin", "main").Errors);
        Assert.Contains("not a fast-forward", work.TryGit("push", "-f", "origin", "main:other").Errors);
        Assert.Contains("a tag that exists is not moved", work.TryGit("push", "-f", "origin", "v1").Errors);
        Assert.Contains("default branch cannot be removed", work.TryGit("push", "origin", ":main").Errors);
        Assert.Equal(first, await hub.Ada.HeadAsync(repo));
        work.Git("push", "-q", "origin", ":other");

        await TestActor.ReadAsync(await hub.Ada.Http.PutAsJsonAsync($"/api/models/{repo}/settings", new { allowForcePush = true }));
        work.Git("push", "-q", "-f", "origin", "main", "v1");
        Assert.Equal(work.Git("rev-parse", "HEAD").Trim(), await hub.Ada.HeadAsync(repo));
        await SameAfterReindexAsync();
        work.Git("push", "-q", "origin", "main:kept", ":main");
        Assert.DoesNotContain("refs/heads/main", work.Git("ls-remote"));
        work.Git("push", "-q", "origin", "main");
        Assert.Equal(work.Git("rev-parse", "HEAD").Trim(), await hub.Ada.HeadAsync(repo));
        await SameAfterReindexAsync();
        var audit = (await hub.Ada.GetJsonAsync("/api/zoo/audit")).ToJsonString();
        Assert.Contains("reference.forced", audit);
        Assert.Contains("reference.removed", audit);
    }

    [Fact]
    public async Task A_large_file_is_refused_with_words_that_say_what_to_do()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        work.Write("weights/model.data", new byte[10_000_001]);
        work.Commit("too large");
        var refused = work.TryGit("push", "origin", "main");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("remote:   weights/model.data (10 MB)", refused.Errors);
        Assert.Contains("git lfs migrate import --include=\"weights/model.data\"", refused.Errors);
        Assert.Contains("[remote rejected]", refused.Errors);

        using var other = new WorkFolder();
        other.Clone(hub, hub.Ada, repo);
        other.Commit("fine", ("small.txt", "s"));
        other.Git("push", "-q");
    }

    [Theory]
    [InlineData("Readme.TXT", "differs from", true)]
    [InlineData("a\u0001b", "control characters", false)]
    [InlineData(".GIT/config", ".git", false)]
    public async Task Names_that_an_api_commit_could_not_have_are_refused(string path, string words, bool withTwin)
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        if (withTwin) work.Commit("first", ("readme.txt", "r"));
        var blob = work.Git("hash-object", "-w", "--stdin", "-t", "blob").Trim();
        var tree = work.Git("ls-tree", "HEAD").TrimEnd();
        var segments = path.Split('/');
        var inner = blob;
        for (var i = segments.Length - 1; i > 0; i--) inner = Make(work, $"100644 blob {inner}\t{segments[i]}\0");
        var root = Make(work, tree.Replace("\n", "\0") + $"\0{(segments.Length > 1 ? "040000 tree" : "100644 blob")} {inner}\t{segments[0]}\0");
        var commit = work.Git("commit-tree", root, "-p", "HEAD", "-m", "bad").Trim();
        var refused = work.TryGit("-c", "push.recurseSubmodules=no", "push", "origin", $"{commit}:refs/heads/main");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains(words, refused.Errors);
    }

    [Fact]
    public async Task A_card_that_cannot_be_read_is_refused()
    {
        var (_, work) = await CloneAsync();
        using var __ = work;
        work.Commit("bad card", ("README.md", "---\nlicense: [\n---\n"));
        Assert.Contains("metadata of README.md is not valid", work.TryGit("push", "origin", "main").Errors);
    }

    [Fact]
    public async Task Of_many_who_push_to_one_branch_at_once_exactly_one_wins()
    {
        var repo = await hub.Ada.CreateAsync();
        var works = Enumerable.Range(0, 5).Select(_ => new WorkFolder()).ToList();
        try
        {
            for (var i = 0; i < works.Count; i++)
            {
                works[i].Clone(hub, hub.Ada, repo);
                works[i].Commit($"from {i}", ($"{i}.txt", $"{i}"));
            }
            var results = await Task.WhenAll(works.Select(work => Task.Run(() => work.TryGit("push", "origin", "main").Code)));
            Assert.Equal(1, results.Count(code => code == 0));
            var history = await hub.Ada.GetJsonAsync($"/api/models/{repo}/commits/main");
            Assert.Equal(2, history.AsArray().Count);
        }
        finally
        {
            works.ForEach(work => work.Dispose());
        }
    }

    [Fact]
    public async Task Pushes_and_api_commits_that_race_make_one_line_in_which_each_success_stands_once()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        var done = new List<string>();
        var api = Task.Run(async () =>
        {
            var made = new List<string>();
            for (var i = 0; i < 15; i++) made.Add(await hub.Ada.CommitTextAsync(repo, $"api{i}.txt", $"{i}"));
            return made;
        });
        for (var i = 0; i < 6; i++)
        {
            work.Git("pull", "-q", "--rebase");
            var commit = work.Commit($"push {i}", ($"push{i}.txt", $"{i}"));
            if (work.TryGit("push", "-q", "origin", "main").Code == 0) done.Add(commit);
        }
        done.AddRange(await api);
        work.Git("pull", "-q", "--rebase");
        work.TryGit("push", "-q");
        var line = work.Git("rev-list", "--first-parent", "origin/main").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(done, commit => Assert.Single(line, commit));
        Assert.Equal("", work.Git("rev-list", "--merges", "origin/main"));
        await SameAfterReindexAsync();
    }

    [Fact]
    public async Task Ten_thousand_references_are_pushed_and_fetched()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        var head = work.Commit("x", ("x", "x"));
        File.WriteAllText(Path.Combine(work.Path, ".git/packed-refs"), string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{head} refs/tags/many/{i:d5}\n")));
        work.Git("push", "-q", "origin", "main", "--tags");
        using var copy = new WorkFolder();
        copy.Clone(hub, hub.Nobody, repo);
        Assert.Equal(10_000, copy.Git("tag").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("cannot stand beside", work.TryGit("push", "origin", "HEAD:refs/tags/many").Errors);
        work.Git(["push", "-q", "origin", "--delete", .. Enumerable.Range(0, 2_000).Select(i => $"many/{i:d5}")]);
        Assert.Equal(8_000, work.Git("ls-remote", "--tags").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task An_atomic_push_is_all_or_nothing_and_another_one_does_what_it_can()
    {
        var (_, work) = await CloneAsync();
        using var __ = work;
        work.Commit("x", ("x", "x"));
        Assert.NotEqual(0, work.TryGit("push", "--atomic", "origin", "main", "HEAD:refs/pr/1").Code);
        Assert.DoesNotContain(work.Git("rev-parse", "HEAD").Trim(), work.Git("ls-remote"));
        Assert.NotEqual(0, work.TryGit("push", "origin", "main", "HEAD:refs/pr/1").Code);
        Assert.Contains(work.Git("rev-parse", "HEAD").Trim(), work.Git("ls-remote"));
    }

    [Fact]
    public async Task A_client_that_is_killed_while_it_pushes_leaves_nothing_behind()
    {
        var (repo, work) = await CloneAsync();
        using var _ = work;
        var random = new Random(2);
        for (var i = 0; i < 6; i++)
        {
            var noise = new byte[4_000_000];
            random.NextBytes(noise);
            work.Write($"noise{i}.dat", noise);
        }
        work.Commit("noise");
        var head = await hub.Ada.HeadAsync(repo);
        for (var wait = 20; wait <= 180; wait += 40)
        {
            using var push = work.Start("push", "-q", "origin", "main:refs/heads/killed");
            await Task.Delay(wait);
            push.Kill(entireProcessTree: true);
            await push.WaitForExitAsync();
        }
        var references = work.Git("ls-remote");
        Assert.Contains(head, references);
        if (!references.Contains("refs/heads/killed")) Assert.Equal(2, references.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        work.Git("push", "-q", "origin", "main");
        Assert.Empty(Directory.Exists(Path.Combine(hub.Options.DataFolder, "git-incoming")) ? Directory.GetFiles(Path.Combine(hub.Options.DataFolder, "git-incoming")) : []);
    }

    async Task<(string Repo, WorkFolder Work)> CloneAsync()
    {
        var repo = await hub.Ada.CreateAsync();
        var work = new WorkFolder();
        work.Clone(hub, hub.Ada, repo);
        return (repo, work);
    }

    static string Make(WorkFolder work, string lines)
    {
        var file = Path.Combine(work.Path, "../tree");
        File.WriteAllText(file, lines);
        using var process = work.Start("mktree", "-z");
        process.StandardInput.Write(lines);
        process.StandardInput.Close();
        var id = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, process.StandardError.ReadToEnd());
        return id;
    }

    async Task SameAfterReindexAsync()
    {
        await hub.SettleAsync();
        var before = await hub.DumpDerivedAsync();
        await hub.ReindexAsync();
        Assert.Equal(before, await hub.DumpDerivedAsync());
        await hub.RequireCleanAsync();
    }
}

public sealed class PushTests_Sqlite(SqliteHub hub) : PushTests(hub), IClassFixture<SqliteHub>;

public sealed class PushTests_Postgres(PostgresHub hub) : PushTests(hub), IClassFixture<PostgresHub>;
