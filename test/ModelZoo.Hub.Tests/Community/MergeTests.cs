using System.Net;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Hub.Tests.Maintenance;

namespace ModelZoo.Hub.Tests.Community;

public abstract class MergeTests(TestHub hub)
{
    const string Numbers = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

    [Fact]
    public async Task Changes_of_both_sides_come_together_file_by_file_and_line_by_line()
    {
        var repo = await FillAsync();
        await hub.Ada.ProposeAsync(repo, "Mine", TestActor.File("notes.txt", Numbers.Replace("2", "two")), TestActor.File("sub/new.txt", "new"), TestActor.Delete("old.txt"));
        await hub.Ada.CommitAsync(repo, TestActor.File("notes.txt", Numbers.Replace("8", "eight")), TestActor.File("sub/other.txt", "other"), TestActor.File("config.json", "{}"));

        Assert.Empty((await hub.Ada.DetailsAsync(repo, 1))["filesWithConflicts"]!.AsArray());
        await hub.Ada.SayAsync(repo, 1, "merge");

        Assert.Equal(Numbers.Replace("2", "two").Replace("8", "eight"), await hub.Ada.TextAsync(repo, "notes.txt"));
        Assert.Equal(("new", "other", "{}"), (await hub.Ada.TextAsync(repo, "sub/new.txt"), await hub.Ada.TextAsync(repo, "sub/other.txt"), await hub.Ada.TextAsync(repo, "config.json")));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(repo, "old.txt")).StatusCode);
        Assert.DoesNotContain("other.txt", (await hub.Ada.DetailsAsync(repo, 1))["diff"]!.GetValue<string>());
        await hub.SettleAsync();
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_conflict_is_named_and_nothing_is_written_until_it_is_gone()
    {
        var repo = await FillAsync();
        await hub.Ada.ProposeAsync(repo, "Mine", TestActor.File("notes.txt", Numbers.Replace("2", "two")), TestActor.Delete("config.json"), TestActor.File("added.txt", "a"), TestActor.File("Case.txt", "a"));
        var main = await hub.Ada.CommitAsync(repo, TestActor.File("notes.txt", Numbers.Replace("2", "zwei")), TestActor.File("config.json", "{}"), TestActor.File("added.txt", "b"));

        Assert.Equal(["added.txt", "config.json", "notes.txt"], (await hub.Ada.DetailsAsync(repo, 1))["filesWithConflicts"]!.AsArray().Select(p => p!.GetValue<string>()));
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, 1, "merge", new { comment = "in vain" }), "added.txt, config.json, notes.txt");
        Assert.Equal(main, await hub.Ada.HeadAsync(repo));
        Assert.Equal(["comment", "commit"], Talk.EventTypes(await hub.Ada.DetailsAsync(repo, 1)));

        await hub.Ada.CommitAsync($"{repo}@refs/pr/1", TestActor.File("notes.txt", Numbers.Replace("2", "zwei")), TestActor.File("config.json", "{}"), TestActor.File("added.txt", "b"));
        await hub.Ada.CommitTextAsync(repo, "case.txt", "b");
        Assert.Equal(["Case.txt"], (await hub.Ada.DetailsAsync(repo, 1))["filesWithConflicts"]!.AsArray().Select(p => p!.GetValue<string>()));
        await hub.Ada.CommitAsync($"{repo}@refs/pr/1", TestActor.Delete("Case.txt"), TestActor.File("fine.txt", "fine"));
        await hub.Ada.SayAsync(repo, 1, "merge");
        Assert.Equal("fine", await hub.Ada.TextAsync(repo, "fine.txt"));
    }

    [Fact]
    public async Task Files_and_folders_of_one_name_conflict()
    {
        var repo = await FillAsync();
        await hub.Ada.ProposeAsync(repo, "A folder", TestActor.File("data/part.txt", "part"));
        await hub.Ada.ProposeAsync(repo, "A file", TestActor.File("sub2", "file"));
        await hub.Ada.CommitAsync(repo, TestActor.File("data", "a file"), TestActor.File("sub2/x.txt", "x"));

        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, 1, "merge"), "(data)");
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, 2, "merge"), "(sub2)");
    }

    [Fact]
    public async Task Two_merges_of_one_pull_request_at_once_make_one_commit()
    {
        var repo = await FillAsync();
        for (var round = 1; round <= 4; round++)
        {
            var number = await hub.Ada.ProposeAsync(repo, $"Round {round}", TestActor.File($"r{round}.txt", "x"));
            var before = await CountAsync(repo);

            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hub.Ada.TrySayAsync(repo, number, "merge")));

            Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
            Assert.Equal(3, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
            Assert.Equal(before + 2, await CountAsync(repo));
            Assert.Single(Talk.EventTypes(await hub.Ada.DetailsAsync(repo, number)), type => type == "status-change");
        }
    }

    [Fact]
    public async Task Merges_beside_a_branch_that_moves_lose_nothing()
    {
        var repo = await FillAsync();
        var eve = await hub.JoinAsync();
        for (var i = 1; i <= 6; i++) await eve.ProposeAsync(repo, $"Change {i}", TestActor.File($"pull{i}.txt", $"{i}"));

        var commits = Task.WhenAll(Enumerable.Range(0, 10).Select(i => hub.Ada.CommitTextAsync(repo, $"main{i}.txt", $"{i}")));
        var helps = Task.WhenAll(Enumerable.Range(1, 6).Select(i => eve.TryCommitAsync($"{TestActor.Api(repo)}@refs/pr/{i}", "more", null, TestActor.File($"late{i}.txt", $"{i}"))));
        var merges = await Task.WhenAll(Enumerable.Range(1, 6).Select(i => hub.Ada.TrySayAsync(repo, i, "merge")));
        await commits;
        var late = await helps;

        Assert.All(merges, merge => Assert.Equal(HttpStatusCode.OK, merge.StatusCode));
        for (var i = 1; i <= 6; i++)
        {
            Assert.Equal($"{i}", await hub.Ada.TextAsync(repo, $"pull{i}.txt"));
            // A commit that came before the merge is in it; one that came after was refused.
            Assert.Contains(late[i - 1].StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.Conflict });
            Assert.Equal(late[i - 1].StatusCode == HttpStatusCode.OK, (await hub.Ada.ResolveAsync(repo, $"late{i}.txt")).StatusCode == HttpStatusCode.OK);
        }
        for (var i = 0; i < 10; i++) Assert.Equal($"{i}", await hub.Ada.TextAsync(repo, $"main{i}.txt"));
        await hub.SettleAsync();
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_squashed_branch_and_an_empty_or_merged_proposal_are_answered_clearly()
    {
        var repo = await FillAsync();
        await hub.Ada.ProposeAsync(repo, "Before", TestActor.File("before.txt", "x"));
        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/super-squash/main", new { message = "one" });
        // No history in common any more: the same files are no conflict.
        await hub.Ada.SayAsync(repo, 1, "merge");
        Assert.Equal("x", await hub.Ada.TextAsync(repo, "before.txt"));

        var empty = await hub.Ada.DiscussAsync(repo, "Empty", pullRequest: true);
        await hub.Ada.SayAsync(repo, empty, "status", new { status = "open" });
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, empty, "merge"), "no commits yet");

        var parent = await hub.Ada.HeadAsync(repo);
        await hub.Ada.CommitTextAsync(repo, "later.txt", "later");
        var based = await TestActor.ReadAsync(await hub.Ada.TryProposeAsync(repo, "On an older commit", parent, TestActor.File("based.txt", "x")));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(repo, "later.txt", based["commitOid"]!.GetValue<string>())).StatusCode);
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await hub.Ada.TryProposeAsync(repo, "On nothing", new string('a', 40), TestActor.File("x", "x")));

        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/branch/gone", new { });
        var lines = "{\"key\":\"header\",\"value\":{\"summary\":\"For a branch\"}}\n{\"key\":\"file\",\"value\":{\"path\":\"x\",\"content\":\"eA==\",\"encoding\":\"base64\"}}";
        var forBranch = await TestActor.ReadAsync(await hub.Ada.Http.PostAsync($"{TestActor.Api(repo)}/commit/gone?create_pr=1", new StringContent(lines)));
        var number = long.Parse(forBranch["pullRequestUrl"]!.GetValue<string>().Split('/')[^1]);
        Assert.Equal("refs/heads/gone", (await hub.Ada.DetailsAsync(repo, number))["changes"]!["base"]!.GetValue<string>());
        await hub.Ada.SendAsync(HttpMethod.Delete, $"{TestActor.Api(repo)}/branch/gone");
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await hub.Ada.TrySayAsync(repo, number, "merge"), "is gone");
        await hub.Ada.DetailsAsync(repo, number);
    }

    [Fact]
    public async Task A_job_opens_a_pull_request_for_somebody_who_may_still_read()
    {
        var repo = await FillAsync();
        var eve = await hub.JoinAsync();
        var account = (await hub.Get<AccountStore>().FindAsync(eve.Handle, default))!;
        var (repository, _) = (await hub.Get<RepositoryStore>().FindAsync(RepositoryKind.Model, "ada", repo[4..], null, default))!.Value;
        var blob = StoredObject.Blob("converted"u8.ToArray());
        await hub.Get<GitObjectStore>().AddAsync(repository.SpaceId, [blob], default);
        var draft = new CommitDraft("Convert", "", null, [new PutFile(Git.RepoPath.Parse("model.txt"), blob.Id)]);

        var opened = await hub.Get<PullRequests>().OpenForAsync(repository.Id, account, new("Convert weights", "By a job.", "refs/heads/main"), draft, default);

        Assert.Equal(("refs/pr/1", eve.Handle), (opened.Reference, opened.Discussion.Author));
        Assert.Equal("converted", await eve.TextAsync(repo, "model.txt", "refs/pr/1"));
        Assert.Equal("open", await eve.StatusAsync(repo, 1));
        await hub.Ada.SendAsync(HttpMethod.Put, $"{TestActor.Api(repo)}/settings", new { @private = true });
        var refused = await Assert.ThrowsAsync<Refusal>(() => hub.Get<PullRequests>().OpenForAsync(repository.Id, account, new("Again", "", "refs/heads/main"), draft, default));
        Assert.Equal(RefusalKind.NotFound, refused.Kind);
    }

    async Task<int> CountAsync(string repo) => (await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/commits/main")).AsArray().Count;

    async Task<string> FillAsync()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("config.json", "{\n  \"a\": 1\n}\n"), TestActor.File("notes.txt", Numbers), TestActor.File("old.txt", "old"));
        return repo;
    }
}

public sealed class MergeTests_Sqlite(SqliteHub hub) : MergeTests(hub), IClassFixture<SqliteHub>;
public sealed class MergeTests_Postgres(PostgresHub hub) : MergeTests(hub), IClassFixture<PostgresHub>;
