using System.Net;
using System.Text;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Hub.Tests.Uploads;

namespace ModelZoo.Hub.Tests.Community;

public abstract class PullRequestTests(TestHub hub)
{
    [Fact]
    public async Task Whoever_may_read_proposes_and_whoever_may_write_merges()
    {
        var repo = await FillAsync();
        var eve = await hub.JoinAsync();
        var before = await hub.Ada.HeadAsync(repo);

        var answer = await TestActor.ReadAsync(await eve.TryProposeAsync(repo, "Say more", null, TestActor.File("more.txt", "more")));
        Assert.Equal($"{hub.Url}/{repo}/discussions/1", answer["pullRequestUrl"]!.GetValue<string>());
        var details = await hub.Nobody.DetailsAsync(repo, 1);

        Assert.Equal(("open", "Say more", eve.Handle, true), (details["status"]!.GetValue<string>(), details["title"]!.GetValue<string>(),
            details["author"]!["name"]!.GetValue<string>(), details["isPullRequest"]!.GetValue<bool>()));
        Assert.Equal(["comment", "commit"], Talk.EventTypes(details));
        Assert.Equal("Because.", details["events"]![0]!["data"]!["latest"]!["raw"]!.GetValue<string>());
        Assert.Equal(answer["commitOid"]!.GetValue<string>(), details["events"]![1]!["data"]!["oid"]!.GetValue<string>());
        Assert.Equal("refs/heads/main", details["changes"]!["base"]!.GetValue<string>());
        Assert.Empty(details["filesWithConflicts"]!.AsArray());
        Assert.Contains("+more", details["diff"]!.GetValue<string>());
        Assert.DoesNotContain("gitattributes", details["diff"]!.GetValue<string>());
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
        Assert.Equal(HttpStatusCode.NotFound, (await eve.ResolveAsync(repo, "more.txt")).StatusCode);
        Assert.Equal("more", await hub.Ada.TextAsync(repo, "more.txt", "refs/pr/1"));

        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await eve.TrySayAsync(repo, 1, "merge"));
        await hub.Ada.SayAsync(repo, 1, "merge", new { comment = "Thank you!" });

        Assert.Equal("more", await eve.TextAsync(repo, "more.txt"));
        details = await hub.Nobody.DetailsAsync(repo, 1);
        var head = await hub.Ada.HeadAsync(repo);
        Assert.Equal(("merged", head), (details["status"]!.GetValue<string>(), details["changes"]!["mergeCommitId"]!.GetValue<string>()));
        Assert.Equal(["comment", "commit", "comment", "status-change"], Talk.EventTypes(details));
        Assert.Contains("+more", details["diff"]!.GetValue<string>());
        var history = (await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/commits/main")).AsArray();
        Assert.Equal("Say more (#1)", history[0]!["title"]!.GetValue<string>());
        Assert.Equal(before, history[2]!["id"]!.GetValue<string>());
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, 1, "merge"), "merged");
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await eve.TrySayAsync(repo, 1, "status", new { status = "open" }));
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await eve.TryCommitAsync($"{TestActor.Api(repo)}@refs/pr/1", "late", null, TestActor.File("late", "x")), "takes no further commits");
    }

    [Fact]
    public async Task What_a_merge_brings_is_projected_like_any_commit()
    {
        var repo = await FillAsync();
        var eve = await hub.JoinAsync();
        await eve.ProposeAsync(repo, "A card", TestActor.File("README.md", "---\nlicense: mit\n---\nWords.\n"));
        await hub.SettleAsync();
        Assert.DoesNotContain("license:mit", (await hub.Ada.GetJsonAsync(TestActor.Api(repo)))["tags"]!.ToJsonString());
        Assert.Equal("mit", (await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/revision/refs%2Fpr%2F1"))["cardData"]?["license"]?.GetValue<string>() ?? "mit");

        await hub.Ada.SayAsync(repo, 1, "merge");
        await hub.SettleAsync();

        Assert.Contains("license:mit", (await hub.Ada.GetJsonAsync(TestActor.Api(repo)))["tags"]!.ToJsonString());
        var tree = (await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/tree/main?expand=true")).AsArray();
        Assert.Equal(await hub.Ada.HeadAsync(repo), tree.Single(e => e!["path"]!.GetValue<string>() == "README.md")!["lastCommit"]!["id"]!.GetValue<string>());
        var before = await hub.DumpDerivedAsync();
        await hub.ReindexAsync();
        Assert.Equal(before, await hub.DumpDerivedAsync());
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_draft_takes_commits_is_published_and_then_merged()
    {
        var repo = await FillAsync();
        var (eve, bob) = (await hub.JoinAsync(), await hub.JoinAsync());
        var number = await eve.DiscussAsync(repo, "In steps", pullRequest: true);
        Assert.Equal("draft", await eve.StatusAsync(repo, number));
        Assert.Equal(await hub.Ada.HeadAsync(repo), (await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/refs?include_prs=1"))["pullRequests"]![0]!["targetCommit"]!.GetValue<string>());
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, number, "merge"), "draft");

        await eve.CommitTextAsync($"{repo}@refs/pr/1", "one.txt", "1");
        var parent = await eve.CommitTextAsync($"{repo}@refs/pr/1", "two.txt", "2");
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await bob.TryCommitAsync($"{TestActor.Api(repo)}@refs/pr/1", "meddle", null, TestActor.File("x", "x")));
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await eve.TryCommitAsync($"{TestActor.Api(repo)}@main", "meddle", null, TestActor.File("x", "x")), "pull request");
        await Talk.RefusedAsync(HttpStatusCode.PreconditionFailed, await eve.TryCommitAsync($"{TestActor.Api(repo)}@refs/pr/1", "stale", new string('a', 40), TestActor.File("x", "x")));
        await hub.Ada.CommitTextAsync($"{repo}@refs/pr/1", "three.txt", "3");       // those who write may help
        await eve.SayAsync(repo, number, "status", new { status = "open" });

        var history = (await eve.GetJsonAsync($"{TestActor.Api(repo)}/commits/refs%2Fpr%2F1")).AsArray();
        Assert.Equal(parent, history[1]!["id"]!.GetValue<string>());
        Assert.Equal(history.Count, (await eve.GetJsonAsync($"{TestActor.Api(repo)}/commits/refs/pr/1")).AsArray().Count);
        Assert.Contains("two.txt", (await eve.GetJsonAsync($"{TestActor.Api(repo)}/tree/refs/pr/1")).ToJsonString());
        Assert.Equal("3", await eve.TextAsync(repo, "three.txt", "refs/pr/1"));
        Assert.Equal(history[0]!["id"]!.GetValue<string>(), (await eve.GetJsonAsync($"{TestActor.Api(repo)}/revision/refs%2Fpr%2F1"))["sha"]!.GetValue<string>());

        await hub.Ada.SayAsync(repo, number, "merge");
        Assert.Equal("2", await eve.TextAsync(repo, "two.txt"));
        Assert.Equal(["comment", "commit", "commit", "commit", "status-change", "status-change"], Talk.EventTypes(await eve.DetailsAsync(repo, number)));
    }

    [Fact]
    public async Task A_closed_pull_request_takes_nothing_until_it_is_open_again()
    {
        var repo = await FillAsync();
        var eve = await hub.JoinAsync();
        var number = await eve.ProposeAsync(repo, "A change", TestActor.File("a.txt", "a"));
        await eve.SayAsync(repo, number, "status", new { status = "closed" });

        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, number, "merge"), "closed");
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await eve.TryCommitAsync($"{TestActor.Api(repo)}@refs/pr/1", "x", null, TestActor.File("x", "x")), "Open it again");
        Assert.Equal("a", await eve.TextAsync(repo, "a.txt", "refs/pr/1"));
        Assert.Contains("+a", (await eve.DetailsAsync(repo, number))["diff"]!.GetValue<string>());

        await eve.SayAsync(repo, number, "status", new { status = "open" });
        await hub.Ada.SayAsync(repo, number, "merge");
        Assert.Equal("a", await eve.TextAsync(repo, "a.txt"));
    }

    [Fact]
    public async Task A_reader_sends_large_content_for_a_proposal_and_learns_nothing_of_what_is_stored()
    {
        var repo = await FillAsync();
        var hidden = await hub.Ada.CreateAsync(isPrivate: true);
        var (eve, bob) = (await hub.JoinAsync(), await hub.JoinAsync());
        var (secret, weights) = (Upkeep.RandomBytes(5_000), Upkeep.RandomBytes(6_000));
        await hub.Ada.CommitLargeAsync(hidden, "secret.bin", secret);

        // Preupload says no to writing, and yes to proposing.
        var files = new { files = new[] { new { path = "w.bin", size = 6_000, sample = "" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await eve.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/preupload/main", files)).StatusCode);
        Assert.Equal("lfs", (await eve.PostJsonAsync($"{TestActor.Api(repo)}/preupload/main?create_pr=1", files))["files"]![0]!["uploadMode"]!.GetValue<string>());
        // What others stored is asked for like anything that is not there.
        var known = await eve.BatchAsync(repo, "upload", Lfs.Digest(secret), secret.Length);
        Assert.NotNull(known["actions"]!["upload"]);
        Assert.Equal(404, (await eve.BatchAsync(repo, "download", Lfs.Digest(secret), secret.Length))["error"]!["code"]!.GetValue<int>());
        await Talk.RefusedAsync(HttpStatusCode.UnprocessableEntity, await eve.TryProposeAsync(repo, "Steal", null, TestActor.Large("s.bin", Lfs.Digest(secret), secret.Length)));
        Assert.Equal(0, (await hub.Ada.GetJsonAsync(Talk.At(repo)))["count"]!.GetValue<int>());

        var oid = await eve.UploadAsync(repo, weights);
        Assert.Equal(404, (await hub.Ada.BatchAsync(repo, "download", oid, weights.Length))["error"]!["code"]!.GetValue<int>());
        await Talk.RefusedAsync(HttpStatusCode.UnprocessableEntity, await bob.TryProposeAsync(repo, "Also", null, TestActor.Large("w.bin", oid, weights.Length)));
        await eve.ProposeAsync(repo, "Weights", TestActor.Large("w.bin", oid, weights.Length));

        Assert.Equal(weights, await bob.ReadFileAsync(repo, "w.bin", "refs/pr/1"));
        await hub.Ada.SayAsync(repo, 1, "merge");
        Assert.Equal(weights, await bob.ReadFileAsync(repo, "w.bin"));
        Assert.Equal(HttpStatusCode.NotFound, (await eve.TryBatchAsync(hidden, new { operation = "upload", objects = new[] { new { oid, size = 6_000 } } })).StatusCode);
    }

    [Fact]
    public async Task Tokens_for_sending_chunks_are_given_for_proposals_only()
    {
        var repo = await FillAsync();
        var (eve, bob) = (await hub.JoinAsync(), await hub.JoinAsync());
        await eve.DiscussAsync(repo, "A change", pullRequest: true);

        Assert.Equal(HttpStatusCode.Forbidden, (await eve.GetAsync($"{TestActor.Api(repo)}/xet-write-token/main")).StatusCode);
        await eve.GetJsonAsync($"{TestActor.Api(repo)}/xet-write-token/main?create_pr=1");
        await eve.GetJsonAsync($"{TestActor.Api(repo)}/xet-write-token/refs%2Fpr%2F1");
        Assert.Equal(HttpStatusCode.Forbidden, (await bob.GetAsync($"{TestActor.Api(repo)}/xet-write-token/refs%2Fpr%2F1")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.GetAsync($"{TestActor.Api(repo)}/xet-write-token/main?create_pr=1")).StatusCode);
    }

    [Fact]
    public async Task A_readers_of_a_private_repository_propose_and_others_find_nothing()
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: true);
        var (eve, bob) = (await hub.JoinAsync(), await hub.JoinAsync());
        await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/collaborators/{eve.Handle}", new { access = "read" });

        var number = await eve.ProposeAsync(repo, "A change", TestActor.File("a.txt", "a"));

        Assert.Equal(HttpStatusCode.NotFound, (await bob.TryProposeAsync(repo, "A change", null, TestActor.File("b.txt", "b"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.TryProposeAsync(repo, "A change", null, TestActor.File("b.txt", "b"))).StatusCode);
        // Who may no longer read may no longer write to what he proposed.
        await hub.Ada.SendAsync(HttpMethod.Delete, $"/api/zoo/models/{repo}/collaborators/{eve.Handle}");
        Assert.Equal(HttpStatusCode.NotFound, (await eve.TryCommitAsync($"{TestActor.Api(repo)}@refs/pr/1", "x", null, TestActor.File("x", "x"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await eve.GetAsync(Talk.At(repo, number))).StatusCode);
        await hub.Ada.SayAsync(repo, number, "merge");
    }

    [Fact]
    public async Task Sweeping_keeps_what_pull_requests_lead_to()
    {
        var repo = await FillAsync();
        var eve = await hub.JoinAsync();
        var weights = Upkeep.RandomBytes(7_000);
        var oid = await eve.UploadAsync(repo, weights);
        await eve.ProposeAsync(repo, "Weights", TestActor.Large("w.bin", oid, weights.Length), TestActor.File("a.txt", "a"));
        await hub.AgeAsync();

        await hub.SweepAsync(TimeSpan.Zero);

        Assert.Equal(weights, await eve.ReadFileAsync(repo, "w.bin", "refs/pr/1"));
        await hub.RequireCleanAsync();
        await hub.Ada.SayAsync(repo, 1, "merge");
        await hub.AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Equal(weights, await eve.ReadFileAsync(repo, "w.bin"));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Branches_cannot_be_made_or_removed_among_pull_requests()
    {
        var repo = await FillAsync();
        await hub.Ada.ProposeAsync(repo, "A change", TestActor.File("a.txt", "a"));

        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.SendAsync(HttpMethod.Delete, $"{TestActor.Api(repo)}/branch/refs%2Fpr%2F1")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.TryCommitAsync($"{TestActor.Api(repo)}@refs/pr/2", "x", null, TestActor.File("x", "x"))).StatusCode);
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await hub.Ada.Http.PostAsync($"{TestActor.Api(repo)}/commit/refs%2Fpr%2F1?create_pr=1",
            new StringContent("{\"key\":\"header\",\"value\":{\"summary\":\"x\"}}", Encoding.UTF8, "application/x-ndjson")), "not a branch");
        // A tag or branch at what is proposed is fine, and the proposal squashed is one commit.
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/branch/side", new { startingPoint = "refs/pr/1" }));
        await hub.Ada.CommitTextAsync($"{repo}@refs/pr/1", "b.txt", "b");
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(repo, "b.txt", "side")).StatusCode);
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/super-squash/refs%2Fpr%2F1", new { message = "one" }));
        Assert.Single((await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/commits/refs%2Fpr%2F1")).AsArray());
    }

    async Task<string> FillAsync()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("config.json", "{\n  \"a\": 1\n}\n"), TestActor.File("notes.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n"));
        return repo;
    }
}

public sealed class PullRequestTests_Sqlite(SqliteHub hub) : PullRequestTests(hub), IClassFixture<SqliteHub>;
public sealed class PullRequestTests_Postgres(PostgresHub hub) : PullRequestTests(hub), IClassFixture<PostgresHub>;
