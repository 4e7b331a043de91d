using System.Net;
using ModelZoo.Hub.Mirrors;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Tests.GitHttp;

/// <summary>Clone and fetch with the real git.</summary>
public abstract class CloneTests(TestHub hub)
{
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("2")]
    public async Task What_was_committed_through_the_api_is_cloned_and_sound(string protocol)
    {
        var repo = await hub.Ada.CreateAsync();
        for (var i = 0; i < 5; i++) await hub.Ada.CommitAsync(repo, TestActor.File($"folder/{i}.txt", $"{i}"), TestActor.File("same.txt", $"line {i}\n"));
        await hub.Ada.PostJsonAsync($"/api/models/{repo}/tag/main", new { tag = "v1", message = "first" });
        using var work = new WorkFolder();

        work.Clone(hub, hub.Nobody, repo + ".git", "-c", $"protocol.version={protocol}");

        Assert.Equal(await hub.Ada.HeadAsync(repo), work.Git("rev-parse", "HEAD").Trim());
        Assert.Equal("line 4\n", work.Read("same.txt"));
        Assert.Equal("6", work.Git("rev-list", "--count", "HEAD").Trim());
        Assert.Equal("tag", work.Git("cat-file", "-t", "v1").Trim());
        Assert.Equal("", work.Git("fsck", "--strict", "--full", "--no-dangling"));
    }

    [Fact]
    public async Task A_fetch_brings_what_was_committed_meanwhile_and_no_more()
    {
        var repo = await hub.Ada.CreateAsync();
        using var work = new WorkFolder();
        work.Clone(hub, hub.Ada, repo);
        for (var round = 0; round < 4; round++)
        {
            var head = await hub.Ada.CommitTextAsync(repo, $"{round}.txt", "new");
            work.Git("pull", "-q");
            Assert.Equal(head, work.Git("rev-parse", "HEAD").Trim());
        }
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/other", new { }));
        Assert.Contains("refs/heads/other", work.Git("ls-remote"));
    }

    [Fact]
    public async Task Shallow_and_partial_clones_fetch_the_rest_when_it_is_needed()
    {
        var repo = await hub.Ada.CreateAsync();
        for (var i = 0; i < 6; i++) await hub.Ada.CommitTextAsync(repo, "file.txt", $"version {i}");
        using var shallow = new WorkFolder();
        shallow.Clone(hub, hub.Nobody, repo, "--depth", "2");
        Assert.Equal("2", shallow.Git("rev-list", "--count", "HEAD").Trim());
        shallow.Git("fetch", "-q", "--unshallow");
        Assert.Equal("7", shallow.Git("rev-list", "--count", "HEAD").Trim());

        foreach (var protocol in (string[])["0", "2"])
        {
            using var partial = new WorkFolder();
            partial.Clone(hub, hub.Nobody, repo, "-c", $"protocol.version={protocol}", "--filter=blob:none", "--no-checkout");
            Assert.Contains("?", partial.Git("rev-list", "--objects", "--missing=print", "HEAD"));
            partial.Git("checkout", "-q", "HEAD~2");
            Assert.Equal("version 3", partial.Read("file.txt"));
            Assert.Contains("version 1", partial.Git("show", "HEAD~2:file.txt"));
        }
    }

    [Theory]
    [InlineData("model", "")]
    [InlineData("dataset", "datasets/")]
    [InlineData("space", "spaces/")]
    public async Task Each_kind_of_repository_has_its_address_with_and_without_the_suffix(string type, string prefix)
    {
        var repo = await hub.Ada.CreateAsync(type: type);
        foreach (var suffix in (string[])["", ".git", "/"])
        {
            using var work = new WorkFolder();
            work.Clone(hub, hub.Nobody, $"{prefix}{repo}{suffix}");
            Assert.True(File.Exists(Path.Combine(work.Path, ".gitattributes")));
        }
    }

    [Fact]
    public async Task A_private_repository_asks_for_a_token_and_says_so()
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: true);
        var asked = await hub.Nobody.GetAsync($"/{repo}.git/info/refs?service=git-upload-pack");
        Assert.Equal(HttpStatusCode.Unauthorized, asked.StatusCode);
        Assert.StartsWith("Basic realm=", asked.Headers.WwwAuthenticate.ToString());

        using var work = new WorkFolder();
        Assert.NotEqual(0, work.TryClone(hub, hub.Nobody, repo).Code);
        var stranger = await hub.JoinAsync();
        Assert.Contains("not found", work.TryClone(hub, stranger, repo).Errors);
        var wrong = work.TryClone(hub, new TestActor(hub, "correct horse battery".Replace(' ', '-'), "ada"), repo);
        Assert.Contains("access token", wrong.Errors);
        Assert.Contains("password of the web pages is not accepted", wrong.Errors);
        work.Clone(hub, hub.Ada, repo);
    }

    [Fact]
    public async Task An_old_name_leads_to_the_repository()
    {
        var repo = await hub.Ada.CreateAsync();
        var renamed = repo + "-renamed";
        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = repo, toRepo = renamed, type = "model" });
        using var work = new WorkFolder();
        work.Clone(hub, hub.Ada, repo + ".git");
        work.Commit("through the old name", ("a.txt", "a"));
        work.Git("push", "-q");
        Assert.Equal("a", System.Text.Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(renamed, "a.txt")));
    }

    [Fact]
    public async Task The_mirrors_may_be_deleted_at_any_time()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "a.txt", "a");
        using var first = new WorkFolder();
        first.Clone(hub, hub.Nobody, repo);
        Directory.Delete(hub.Get<MirrorFolder>().Root, recursive: true);
        using var second = new WorkFolder();
        second.Clone(hub, hub.Nobody, repo);
        Assert.Equal(first.Git("rev-parse", "HEAD"), second.Git("rev-parse", "HEAD"));

        foreach (var pack in Directory.GetFiles(hub.Get<MirrorFolder>().Root, "*.pack", SearchOption.AllDirectories))
        {
            File.SetAttributes(pack, FileAttributes.Normal);
            File.Delete(pack);
        }
        using var third = new WorkFolder();
        third.TryClone(hub, hub.Nobody, repo);      // may notice only now that the pack is gone
        using var fourth = new WorkFolder();
        fourth.Clone(hub, hub.Nobody, repo);
    }

    [Fact]
    public async Task What_no_reference_leads_to_any_more_cannot_be_fetched_by_its_id()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "secret.txt", "a secret that was committed by mistake");
        var secret = await hub.Ada.HeadAsync(repo);
        using var before = new WorkFolder();
        before.Clone(hub, hub.Nobody, repo);
        await hub.Ada.CommitAsync(repo, TestActor.Delete("secret.txt"));
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/super-squash/main", new { message = "clean" }));

        using var after = new WorkFolder();
        after.Clone(hub, hub.Nobody, repo);
        Assert.NotEqual(0, after.TryGit("fetch", "-q", "origin", secret).Code);
        var blob = before.Git("rev-parse", $"{secret}:secret.txt").Trim();
        Assert.NotEqual(0, after.TryGit("fetch", "-q", "origin", blob).Code);
        Assert.Equal("1", after.Git("rev-list", "--count", "--all").Trim());
    }

    [Fact]
    public async Task References_beside_branches_and_tags_are_fetched_and_not_pushed()
    {
        var repo = await hub.Ada.CreateAsync();
        var head = await hub.Ada.HeadAsync(repo);
        var repository = (await hub.Get<RepositoryStore>().FindAsync(RepositoryKind.Model, repo.Split('/')[0], repo.Split('/')[1], null, default))!.Value.Repository;
        await hub.Get<Database.HubDatabase>().WriteAsync(tx => hub.Get<ReferenceStore>().TryMoveAsync(tx, repository.Id, "refs/pr/1", null, Git.ObjectId.Parse(head), Git.ObjectId.Parse(head), default), default);
        using var work = new WorkFolder();
        work.Clone(hub, hub.Ada, repo);
        work.Git("fetch", "-q", "origin", "refs/pr/1:refs/heads/pr");
        var pushed = work.TryGit("push", "-q", "origin", "HEAD:refs/pr/2", "HEAD:refs/convert/x", "HEAD:refs/heads/fine");
        Assert.Contains("only branches (refs/heads/…) and tags", pushed.Errors.Replace("\\342\\200\\246", "…"));
        Assert.Contains("refs/heads/fine", work.Git("ls-remote"));
        Assert.DoesNotContain("refs/convert", work.Git("ls-remote"));
    }
}

public sealed class CloneTests_Sqlite(SqliteHub hub) : CloneTests(hub), IClassFixture<SqliteHub>;

public sealed class CloneTests_Postgres(PostgresHub hub) : CloneTests(hub), IClassFixture<PostgresHub>;
