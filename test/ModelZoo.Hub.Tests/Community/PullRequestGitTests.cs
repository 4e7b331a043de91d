using System.Net;
using ModelZoo.Hub.Tests.GitHttp;
using ModelZoo.Hub.Tests.Maintenance;

namespace ModelZoo.Hub.Tests.Community;

/// <summary>Pull requests with the real git: fetched by everybody, pushed to by those who may.</summary>
public abstract class PullRequestGitTests(TestHub hub)
{
    [Fact]
    public async Task The_author_of_a_pull_request_pushes_to_it_and_to_nothing_else()
    {
        var repo = await hub.Ada.CreateAsync();
        var (eve, bob) = (await hub.JoinAsync(), await hub.JoinAsync());
        var number = await eve.DiscussAsync(repo, "By git", pullRequest: true);
        using var work = new WorkFolder();
        work.Clone(hub, eve, repo);
        work.Git("fetch", "-q", "origin", "refs/pr/1:mine");
        work.Git("checkout", "-q", "mine");
        work.Commit("first", ("a.txt", "a"));
        var tip = work.Commit("second", ("b.txt", "b"));

        work.Git("push", "-q", "origin", "mine:refs/pr/1");

        Assert.Equal("b", await hub.Ada.TextAsync(repo, "b.txt", "refs/pr/1"));
        var details = await eve.DetailsAsync(repo, number);
        Assert.Equal(["comment", "commit"], Talk.EventTypes(details));
        Assert.Equal((tip, "second", eve.Handle), (details["events"]![1]!["data"]!["oid"]!.GetValue<string>(), details["events"]![1]!["data"]!["subject"]!.GetValue<string>(),
            details["events"]![1]!["author"]!["name"]!.GetValue<string>()));
        Assert.Contains("to nothing else", work.TryGit("push", "origin", "mine:main").Errors);
        Assert.Contains("to nothing else", work.TryGit("push", "origin", "mine:side").Errors);
        Assert.Contains("close the pull request instead", work.TryGit("push", "origin", ":refs/pr/1").Errors);
        Assert.Contains("403", work.TryGit("push", WorkFolder.Address(hub, bob, repo), "mine:refs/pr/1").Errors);
        Assert.Contains("no pull request refs/pr/9", work.TryGit("push", WorkFolder.Address(hub, hub.Ada, repo), "mine:refs/pr/9").Errors);
        Assert.DoesNotContain("a.txt", (await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/tree/main")).ToJsonString());

        // A proposal is rewritten as often as its author wants; its branch is not.
        work.Git("commit", "-q", "--amend", "-m", "second, better");
        work.Git("push", "-q", "-f", "origin", "mine:refs/pr/1");
        await eve.SayAsync(repo, number, "status", new { status = "open" });
        await hub.Ada.SayAsync(repo, number, "merge");
        Assert.Contains("not open", work.TryGit("push", WorkFolder.Address(hub, hub.Ada, repo), "-f", "mine~1:refs/pr/1").Errors);
        Assert.Contains("403", work.TryGit("push", "-f", "origin", "mine~1:refs/pr/1").Errors);       // nothing of hers is open any more
        work.Git("fetch", "-q", "origin", "main");
        Assert.Equal("By git (#1)", work.Git("log", "-1", "--format=%s", "FETCH_HEAD").Trim());
        Assert.Equal(work.Git("rev-parse", "mine").Trim(), work.Git("rev-parse", "FETCH_HEAD^2").Trim());
        Assert.Equal("", work.Git("fsck", "--strict", "--full", "--no-dangling"));
        await hub.SettleAsync();
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Everybody_fetches_what_is_proposed_and_merges_pushed_by_hand_are_noticed()
    {
        var repo = await hub.Ada.CreateAsync();
        var eve = await hub.JoinAsync();
        var number = await eve.ProposeAsync(repo, "A change", TestActor.File("a.txt", "a"));
        using var work = new WorkFolder();
        work.Clone(hub, hub.Ada, repo);
        Assert.Contains("refs/pr/1", work.Git("ls-remote"));
        work.Git("fetch", "-q", "origin", "refs/pr/1");
        work.Git("merge", "-q", "--no-ff", "-m", "merged by hand", "FETCH_HEAD");
        work.Git("push", "-q", "origin", "main");
        var head = await hub.Ada.HeadAsync(repo);

        await hub.Ada.SayAsync(repo, number, "merge");      // nothing is left to do but to say so

        Assert.Equal(head, await hub.Ada.HeadAsync(repo));
        Assert.Equal("merged", await eve.StatusAsync(repo, number));
        Assert.Contains("+a", (await eve.DetailsAsync(repo, number))["diff"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_author_of_a_pull_request_pushes_large_files_to_it()
    {
        var repo = await hub.Ada.CreateAsync();
        var eve = await hub.JoinAsync();
        await eve.DiscussAsync(repo, "Weights by git", pullRequest: true);
        using var work = new WorkFolder(lfs: true);
        work.Clone(hub, eve, repo);
        work.Git("fetch", "-q", "origin", "refs/pr/1");
        work.Git("checkout", "-q", "-b", "mine", "FETCH_HEAD");
        var weights = Upkeep.RandomBytes(80_000);
        work.Write("model.safetensors", weights);
        work.Commit("weights");

        work.Git("push", "-q", "origin", "mine:refs/pr/1");

        Assert.Equal(weights, await hub.Nobody.ReadFileAsync(repo, "model.safetensors", "refs/pr/1"));
        await eve.SayAsync(repo, 1, "status", new { status = "open" });
        await hub.Ada.SayAsync(repo, 1, "merge");
        Assert.Equal(weights, await hub.Nobody.ReadFileAsync(repo, "model.safetensors"));
    }

    [Fact]
    public async Task A_push_to_a_branch_and_a_closed_pull_request_takes_the_one_and_refuses_the_other()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.ProposeAsync(repo, "A change", TestActor.File("a.txt", "a"));
        await hub.Ada.SayAsync(repo, 1, "status", new { status = "closed" });
        using var work = new WorkFolder();
        work.Clone(hub, hub.Ada, repo);
        work.Commit("more", ("b.txt", "b"));

        var pushed = work.TryGit("push", "origin", "main", "+main:refs/pr/1");

        Assert.NotEqual(0, pushed.Code);
        Assert.Contains("not open", pushed.Errors);
        Assert.Equal(HttpStatusCode.OK, (await hub.Ada.ResolveAsync(repo, "b.txt")).StatusCode);
    }
}

public sealed class PullRequestGitTests_Sqlite(SqliteHub hub) : PullRequestGitTests(hub), IClassFixture<SqliteHub>;
public sealed class PullRequestGitTests_Postgres(PostgresHub hub) : PullRequestGitTests(hub), IClassFixture<PostgresHub>;
