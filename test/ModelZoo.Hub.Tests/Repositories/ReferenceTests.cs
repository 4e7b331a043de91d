using System.Net;
using System.Text;

namespace ModelZoo.Hub.Tests.Repositories;

public abstract class ReferenceTests(TestHub hub)
{
    async Task<string> MakeAsync() => await hub.Ada.CreateAsync();

    Task<HttpResponseMessage> BranchAsync(string repo, string branch, object? body = null) =>
        hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/{Uri.EscapeDataString(branch)}", body ?? new { });

    Task<HttpResponseMessage> TagAsync(string repo, string revision, object body) =>
        hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/tag/{Uri.EscapeDataString(revision)}", body);

    async Task<string> TextAsync(string repo, string revision, string path = "a.txt") => Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, path, revision));

    static async Task IsAsync(HttpStatusCode status, Task<HttpResponseMessage> call, string? words = null, string? code = null)
    {
        var response = await call;
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        if (words is not null) Assert.Contains(words, text);
        if (code is not null) Assert.Equal(code, response.Headers.GetValues("X-Error-Code").Single());
    }

    [Fact]
    public async Task A_branch_with_a_slash_is_read_and_written_encoded_and_raw()
    {
        var repo = await MakeAsync();
        await hub.Ada.CommitTextAsync(repo, "dir/a.txt", "main");
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "feature/ünï"));
        var head = await hub.Ada.CommitTextAsync(repo + "@feature/ünï", "dir/a.txt", "branch");

        foreach (var revision in new[] { "feature%2F%C3%BCn%C3%AF", "feature/%C3%BCn%C3%AF", "refs%2Fheads%2Ffeature%2F%C3%BCn%C3%AF", "refs/heads/feature/%C3%BCn%C3%AF" })
        {
            Assert.Equal("branch", await hub.Nobody.Http.GetStringAsync($"/{repo}/resolve/{revision}/dir/a.txt"));
            Assert.Equal("branch", await hub.Nobody.Http.GetStringAsync($"/{repo}/raw/{revision}/dir/a.txt"));
            Assert.Equal("dir/a.txt", (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/{revision}/dir"))[0]!["path"]!.GetValue<string>());
            Assert.Equal(3, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/{revision}?recursive=1")).AsArray().Count);
            Assert.Equal(head, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/revision/{revision}"))["sha"]!.GetValue<string>());
            Assert.Equal(head, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/{revision}"))[0]!["id"]!.GetValue<string>());
        }
        Assert.Equal("main", await TextAsync(repo, "main", "dir/a.txt"));
        Assert.Equal("dir/a.txt", (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main%2Fdir".Replace("main%2F", "main/")))[0]!["path"]!.GetValue<string>());
        await IsAsync(HttpStatusCode.OK, hub.Ada.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/branch/feature/%C3%BCn%C3%AF"));
        await IsAsync(HttpStatusCode.NotFound, hub.Nobody.GetAsync($"/api/models/{repo}/revision/feature%2F%C3%BCn%C3%AF"), "Invalid rev id: feature/ünï", "RevisionNotFound");
    }

    [Fact]
    public async Task Every_spelling_of_a_revision_leads_to_its_commit()
    {
        var repo = await MakeAsync();
        var first = await hub.Ada.CommitTextAsync(repo, "a.txt", "one");
        await IsAsync(HttpStatusCode.Created, TagAsync(repo, "main", new { tag = "v1" }));
        await IsAsync(HttpStatusCode.Created, TagAsync(repo, first[..8], new { tag = "v1.0/annotated", message = "the first\nrelease" }));
        var second = await hub.Ada.CommitTextAsync(repo, "a.txt", "two");

        foreach (var revision in new[] { first, first[..7], first.ToUpperInvariant(), "v1", "refs/tags/v1", "v1.0/annotated", "refs/tags/v1.0/annotated" })
            Assert.Equal("one", await TextAsync(repo, revision));
        foreach (var revision in new[] { second, second[..12], "main", "HEAD", "refs/heads/main" })
            Assert.Equal("two", await TextAsync(repo, revision));
        foreach (var unknown in new[] { first[..6], new string('0', 40), "nope", "refs/heads/nope", "refs/heads/v1", "refs/tags/main", "refs/pr/1", "HEAD~1", "main@{0}", new string('x', 5_000) })
            await IsAsync(HttpStatusCode.NotFound, hub.Nobody.GetAsync($"/{repo}/resolve/{Uri.EscapeDataString(unknown)}/a.txt"), "Invalid rev id: ", "RevisionNotFound");

        var refs = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/refs?include_prs=1");
        Assert.Equal([("main", "refs/heads/main", second)], refs["branches"]!.AsArray().Select(Row));
        Assert.Equal([("v1", "refs/tags/v1", first), ("v1.0/annotated", "refs/tags/v1.0/annotated", first)], refs["tags"]!.AsArray().Select(Row));
        Assert.Equal("[]", refs["converts"]!.ToJsonString());
        Assert.Equal("[]", refs["pullRequests"]!.ToJsonString());
        Assert.Null((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/refs"))["pullRequests"]);
        static (string, string, string) Row(System.Text.Json.Nodes.JsonNode? r) => (r!["name"]!.GetValue<string>(), r["ref"]!.GetValue<string>(), r["targetCommit"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_branch_beats_a_tag_of_its_name()
    {
        var repo = await MakeAsync();
        await hub.Ada.CommitTextAsync(repo, "a.txt", "tagged");
        await IsAsync(HttpStatusCode.Created, TagAsync(repo, "main", new { tag = "both" }));
        await hub.Ada.CommitTextAsync(repo, "a.txt", "branched");
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "both"));

        Assert.Equal("branched", await TextAsync(repo, "both"));
        Assert.Equal("tagged", await TextAsync(repo, "refs/tags/both"));
        await IsAsync(HttpStatusCode.OK, hub.Ada.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/branch/both"));
        Assert.Equal("tagged", await TextAsync(repo, "both"));
        await IsAsync(HttpStatusCode.NotFound, hub.Ada.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/branch/both"), "Invalid rev id");
    }

    [Fact]
    public async Task Branches_are_made_anew_moved_and_left_alone_as_asked()
    {
        var repo = await MakeAsync();
        var first = await hub.Ada.CommitTextAsync(repo, "a.txt", "one");
        await hub.Ada.CommitTextAsync(repo, "a.txt", "two");
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "dev", new { startingPoint = first }));
        Assert.Equal("one", await TextAsync(repo, "dev"));

        await IsAsync(HttpStatusCode.Conflict, BranchAsync(repo, "dev"), "Reference refs/heads/dev already exists");
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "dev", new { overwrite = true }));
        Assert.Equal("one", await TextAsync(repo, "dev"));
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "dev", new { overwrite = true, startingPoint = "main" }));
        Assert.Equal("two", await TextAsync(repo, "dev"));
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "dev", new { overwrite = true, emptyBranch = true }));
        Assert.Equal("[]", (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/dev")).ToJsonString());
        await IsAsync(HttpStatusCode.NotFound, hub.Nobody.GetAsync($"/{repo}/resolve/dev/a.txt"), code: "EntryNotFound");
        await hub.Ada.CommitTextAsync(repo + "@dev", "b.txt", "works");
        Assert.Single((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/dev")).AsArray());
        await IsAsync(HttpStatusCode.NotFound, BranchAsync(repo, "x", new { startingPoint = "nope" }), code: "RevisionNotFound");
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a~1")]
    [InlineData("x.lock")]
    [InlineData(".hidden")]
    [InlineData("a//b")]
    [InlineData("-option")]
    [InlineData("HEAD")]
    [InlineData("tab\t")]
    [InlineData("star*")]
    public async Task A_name_that_git_would_not_take_is_refused_for_branch_and_tag(string name)
    {
        var repo = await MakeAsync();
        await IsAsync(HttpStatusCode.BadRequest, BranchAsync(repo, name), "Invalid reference for a branch");
        await IsAsync(HttpStatusCode.BadRequest, TagAsync(repo, "main", new { tag = name }), "Invalid reference for a tag");
        Assert.Single((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/refs"))["branches"]!.AsArray());
    }

    [Fact]
    public async Task A_reference_cannot_be_the_folder_of_another()
    {
        var repo = await MakeAsync();
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "x/y"));
        await IsAsync(HttpStatusCode.Conflict, BranchAsync(repo, "x"), "refs/heads/x/y already exists");
        await IsAsync(HttpStatusCode.Conflict, BranchAsync(repo, "x/y/z"), "refs/heads/x/y already exists");
        await IsAsync(HttpStatusCode.Conflict, BranchAsync(repo, "main/y"), "refs/heads/main already exists");
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "x/z"));
        await IsAsync(HttpStatusCode.Created, BranchAsync(repo, "xy"));
        await IsAsync(HttpStatusCode.Created, TagAsync(repo, "main", new { tag = "x" }));
        await IsAsync(HttpStatusCode.Conflict, TagAsync(repo, "main", new { tag = "x/1" }), "refs/tags/x already exists");
    }

    [Fact]
    public async Task The_default_branch_is_protected_and_tags_are_made_once()
    {
        var repo = await MakeAsync();
        await IsAsync(HttpStatusCode.Forbidden, hub.Ada.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/branch/main"), "Cannot delete refs/heads/main");
        await IsAsync(HttpStatusCode.Created, TagAsync(repo, "main", new { tag = "v1" }));
        await IsAsync(HttpStatusCode.Conflict, TagAsync(repo, "main", new { tag = "v1", message = "again" }), "already exists");
        await IsAsync(HttpStatusCode.NotFound, TagAsync(repo, "nope", new { tag = "v2" }), code: "RevisionNotFound");
        await IsAsync(HttpStatusCode.BadRequest, TagAsync(repo, "main", new { }));
        await IsAsync(HttpStatusCode.OK, hub.Ada.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/tag/v1"));
        await IsAsync(HttpStatusCode.NotFound, hub.Ada.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/tag/v1"), code: "RevisionNotFound");
        await IsAsync(HttpStatusCode.NotFound, hub.Ada.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/tag/main"), code: "RevisionNotFound");
    }

    [Fact]
    public async Task Commits_go_to_branches_only()
    {
        var repo = await MakeAsync();
        var sha = await hub.Ada.CommitTextAsync(repo, "a.txt", "one");
        await IsAsync(HttpStatusCode.Created, TagAsync(repo, "main", new { tag = "v1" }));

        await IsAsync(HttpStatusCode.BadRequest, hub.Ada.TryCommitAsync($"/api/models/{repo}@v1", "x", null, TestActor.File("b", "x")));
        await IsAsync(HttpStatusCode.BadRequest, hub.Ada.TryCommitAsync($"/api/models/{repo}@{sha}", "x", null, TestActor.File("b", "x")));
        await IsAsync(HttpStatusCode.NotFound, hub.Ada.TryCommitAsync($"/api/models/{repo}@nope", "x", null, TestActor.File("b", "x")), code: "RevisionNotFound");
        Assert.Equal(sha, await hub.Ada.HeadAsync(repo));
    }

    [Fact]
    public async Task A_commit_of_one_repository_cannot_be_read_in_another()
    {
        var secret = await hub.Ada.CreateAsync(isPrivate: true);
        var id = await hub.Ada.CommitTextAsync(secret, "a.txt", "secret");
        var open = await MakeAsync();

        foreach (var revision in new[] { id, id[..10] })
        {
            await IsAsync(HttpStatusCode.NotFound, hub.Nobody.GetAsync($"/{open}/resolve/{revision}/a.txt"), code: "RevisionNotFound");
            await IsAsync(HttpStatusCode.NotFound, hub.Nobody.GetAsync($"/api/models/{open}/commits/{revision}"), code: "RevisionNotFound");
            await IsAsync(HttpStatusCode.NotFound, BranchAsync(open, "steal", new { startingPoint = revision }), code: "RevisionNotFound");
            await IsAsync(HttpStatusCode.NotFound, TagAsync(open, revision, new { tag = "steal" }), code: "RevisionNotFound");
            await IsAsync(HttpStatusCode.NotFound, hub.Nobody.GetAsync($"/api/models/{open}/compare/main..{revision}"), code: "RevisionNotFound");
        }
    }
}

public sealed class ReferenceTests_Sqlite(SqliteHub hub) : ReferenceTests(hub), IClassFixture<SqliteHub>;

public sealed class ReferenceTests_Postgres(PostgresHub hub) : ReferenceTests(hub), IClassFixture<PostgresHub>;
