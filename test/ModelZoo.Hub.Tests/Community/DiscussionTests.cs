using System.Net;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Community;

public abstract class DiscussionTests(TestHub hub)
{
    [Fact]
    public async Task A_discussion_is_opened_talked_in_renamed_closed_and_opened_again()
    {
        var repo = await hub.Ada.CreateAsync();
        var eve = await hub.JoinAsync();

        var number = await eve.DiscussAsync(repo, "  Is it\nquantised? ", "I *wonder*.");
        var comment = (await hub.Ada.SayAsync(repo, number, "comment", new { comment = "No." }))["newMessage"]!;
        var renamed = (await eve.SayAsync(repo, number, "title", new { title = "Is it quantised or not?" }))["newTitle"]!;
        var closed = (await eve.SayAsync(repo, number, "status", new { status = "closed", comment = "Thanks." }))["newStatus"]!;

        Assert.Equal(("No.", "ada", "comment"), (comment["data"]!["latest"]!["raw"]!.GetValue<string>(), comment["author"]!["name"]!.GetValue<string>(), comment["type"]!.GetValue<string>()));
        Assert.Equal(("Is it quantised?", "Is it quantised or not?"), (renamed["data"]!["from"]!.GetValue<string>(), renamed["data"]!["to"]!.GetValue<string>()));
        Assert.Equal("closed", closed["data"]!["status"]!.GetValue<string>());
        var details = await hub.Nobody.DetailsAsync(repo, number);
        Assert.Equal(["comment", "comment", "title-change", "comment", "status-change"], Talk.EventTypes(details));
        Assert.Contains("<em>wonder</em>", details["events"]![0]!["data"]!["latest"]!["html"]!.GetValue<string>());
        Assert.Equal("closed", details["status"]!.GetValue<string>());
        Assert.False(details["isPullRequest"]!.GetValue<bool>());
        Assert.Null(details["changes"]);
        Assert.Equal(repo, details["repo"]!["name"]!.GetValue<string>());

        await Talk.RefusedAsync(HttpStatusCode.Conflict, await eve.TrySayAsync(repo, number, "status", new { status = "closed" }));
        await hub.Ada.SayAsync(repo, number, "status", new { status = "open" });
        Assert.Equal("open", await eve.StatusAsync(repo, number));
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await eve.TrySayAsync(repo, number, "status", new { status = "merged" }));
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await hub.Ada.TrySayAsync(repo, number, "merge"));
    }

    [Fact]
    public async Task Lists_are_filtered_counted_and_paged_without_an_end_that_never_comes()
    {
        var repo = await hub.Ada.CreateAsync();
        var eve = await hub.JoinAsync();
        for (var i = 1; i <= 53; i++) await (i % 2 == 0 ? eve : hub.Ada).DiscussAsync(repo, $"Question {i}");
        await hub.Ada.SayAsync(repo, 1, "status", new { status = "closed" });
        await hub.Ada.DiscussAsync(repo, "A change", "", pullRequest: true);

        var first = await hub.Nobody.GetJsonAsync(Talk.At(repo));
        Assert.Equal((54, 0, 1, 50), Figures(first));
        Assert.Equal(54, first["discussions"]![0]!["num"]!.GetValue<int>());
        Assert.Equal((54, 50, 1, 4), Figures(await hub.Nobody.GetJsonAsync(Talk.At(repo, tail: "?p=1"))));
        Assert.Equal((54, 100, 1, 0), Figures(await hub.Nobody.GetJsonAsync(Talk.At(repo, tail: "?p=2"))));
        Assert.Equal((1, 0, 1, 1), Figures(await hub.Nobody.GetJsonAsync(Talk.At(repo, tail: "?type=pull_request&status=open"))));
        Assert.Equal((1, 0, 1, 1), Figures(await hub.Nobody.GetJsonAsync(Talk.At(repo, tail: "?status=closed"))));
        Assert.Equal((26, 0, 1, 26), Figures(await hub.Nobody.GetJsonAsync(Talk.At(repo, tail: $"?author={eve.Handle.ToUpperInvariant()}"))));
        Assert.Equal((0, 0, 1, 0), Figures(await hub.Nobody.GetJsonAsync(Talk.At(repo, tail: "?author=nobody-here"))));
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync(Talk.At(repo, tail: "?type=novel"))).StatusCode);

        static (int, int, int, int) Figures(JsonNode page) => (page["count"]!.GetValue<int>(), page["start"]!.GetValue<int>(),
            page["numClosedDiscussions"]!.GetValue<int>(), page["discussions"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_comment_keeps_its_history_until_it_is_hidden_and_then_says_nothing()
    {
        var repo = await hub.Ada.CreateAsync();
        var (eve, bob) = (await hub.JoinAsync(), await hub.JoinAsync());
        var number = await eve.DiscussAsync(repo, description: "first words");
        var id = (await hub.Nobody.DetailsAsync(repo, number))["events"]![0]!["id"]!.GetValue<string>();

        var edited = (await eve.SayAsync(repo, number, $"comment/{id}/edit", new { content = "second words" }))["updatedComment"]!;
        Assert.Equal(("second words", true, 1), (edited["data"]!["latest"]!["raw"]!.GetValue<string>(), edited["data"]!["edited"]!.GetValue<bool>(), edited["data"]!["numEdits"]!.GetValue<int>()));
        Assert.Equal(["first words", "second words"], edited["data"]!["history"]!.AsArray().Select(v => v!["raw"]!.GetValue<string>()));
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await hub.Ada.TrySayAsync(repo, number, $"comment/{id}/edit", new { content = "in your name" }));
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await bob.TrySayAsync(repo, number, $"comment/{id}/hide"));

        var hidden = (await hub.Ada.SayAsync(repo, number, $"comment/{id}/hide"))["updatedComment"]!;
        Assert.True(hidden["data"]!["hidden"]!.GetValue<bool>());
        Assert.DoesNotContain("words", (await hub.Ada.DetailsAsync(repo, number)).ToJsonString());
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await eve.TrySayAsync(repo, number, $"comment/{id}/edit", new { content = "third" }));
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await eve.TrySayAsync(repo, number, $"comment/{"0".PadLeft(24, '0')}/hide"));
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await eve.TrySayAsync(repo, number, "comment/x/hide"));
    }

    [Fact]
    public async Task Only_authors_and_writers_change_a_thread_and_strangers_do_not_see_private_ones()
    {
        var repo = await hub.Ada.CreateAsync();
        var hidden = await hub.Ada.CreateAsync(isPrivate: true);
        var (eve, bob) = (await hub.JoinAsync(), await hub.JoinAsync());
        var onlyReads = await hub.JoinAsync(bob.Handle, ModelZoo.Hub.Accounts.CredentialRole.Read);
        var number = await eve.DiscussAsync(repo);
        var secret = await hub.Ada.DiscussAsync(hidden, "A secret");

        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await bob.TrySayAsync(repo, number, "title", new { title = "Mine now" }));
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await bob.TrySayAsync(repo, number, "status", new { status = "closed" }));
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await onlyReads.TrySayAsync(repo, number, "comment", new { comment = "x" }), "write role");
        await Talk.RefusedAsync(HttpStatusCode.Unauthorized, await hub.Nobody.TrySayAsync(repo, number, "comment", new { comment = "x" }));
        await bob.SayAsync(repo, number, "comment", new { comment = "I may speak." });

        Assert.Equal(HttpStatusCode.NotFound, (await eve.GetAsync(Talk.At(hidden, secret))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await eve.GetAsync(Talk.At(hidden))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await eve.TrySayAsync(hidden, secret, "comment", new { comment = "x" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await eve.GetAsync(Talk.At(repo, 99))).StatusCode);
        // A comment of one thread has no other.
        var id = (await hub.Ada.DetailsAsync(hidden, secret))["events"]![0]!["id"]!.GetValue<string>();
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await hub.Ada.TrySayAsync(repo, number, $"comment/{id}/hide"));
    }

    [Fact]
    public async Task Numbers_have_no_gaps_however_many_open_at_once()
    {
        var repo = await hub.Ada.CreateAsync();

        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => i % 3 == 0 ? hub.Ada.ProposeAsync(repo, $"Proposal {i}", TestActor.File($"f{i}", "x"))
            : hub.Ada.DiscussAsync(repo, $"Thread {i}", pullRequest: i % 3 == 1)));
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.SendAsync(HttpMethod.Post, Talk.At(repo), new { title = "x" })).StatusCode);
        await hub.Ada.DiscussAsync(repo);

        var all = await hub.Ada.GetJsonAsync(Talk.At(repo));
        Assert.Equal(Enumerable.Range(1, 25).Reverse(), all["discussions"]!.AsArray().Select(d => d!["num"]!.GetValue<int>()));
        var refs = await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/refs?include_prs=1");
        Assert.Equal(16, refs["pullRequests"]!.AsArray().Count);
        Assert.Null((await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/refs"))["pullRequests"]);
    }

    [Fact]
    public async Task Too_much_is_refused_and_hostile_text_is_shown_as_text()
    {
        var repo = await hub.Ada.CreateAsync();
        var eve = await hub.JoinAsync();
        var number = await eve.DiscussAsync(repo, "Look <script>alert(1)</script>", "[x](javascript:alert(1)) <img src=x onerror=alert(1)> <script>alert(1)</script> ![t](https://elsewhere.example/t.png)");

        var html = (await eve.DetailsAsync(repo, number))["events"]![0]!["data"]!["latest"]!["html"]!.GetValue<string>();
        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("onerror", html);
        Assert.DoesNotContain("href=\"javascript", html);
        await Talk.RefusedAsync(HttpStatusCode.RequestEntityTooLarge, await eve.TrySayAsync(repo, number, "comment", new { comment = new string('x', 70_000) }));
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await eve.TrySayAsync(repo, number, "comment", new { comment = "  " }));
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await eve.TrySayAsync(repo, number, "comment", new { comment = "a\0b" }));
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await eve.TrySayAsync(repo, number, "title", new { title = new string('x', 201) }));
        // 4 MiB of characters, and then no more.
        for (var i = 0; i < 63; i++) await eve.SayAsync(repo, number, "comment", new { comment = new string('x', 65_536) });
        await Talk.RefusedAsync(HttpStatusCode.Conflict, await eve.TrySayAsync(repo, number, "comment", new { comment = new string('x', 65_536) }), "as long as one may be");
        await eve.SayAsync(repo, number, "comment", new { comment = "short" });
    }

    [Fact]
    public async Task One_account_cannot_fill_a_repository_with_threads_and_its_owner_can_switch_them_off()
    {
        var repo = await hub.Ada.CreateAsync();
        var eve = await hub.JoinAsync();
        for (var i = 0; i < 100; i++) await eve.DiscussAsync(repo, $"Spam {i}");

        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await eve.SendAsync(HttpMethod.Post, Talk.At(repo), new { title = "More spam" }), "close some");
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await eve.TryProposeAsync(repo, "More spam", null, TestActor.File("x", "x")));
        await eve.SayAsync(repo, 1, "status", new { status = "closed" });
        await eve.DiscussAsync(repo, "One more");

        Assert.True((await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Put, $"{TestActor.Api(repo)}/settings", new { discussionsDisabled = true })))["discussionsDisabled"]!.GetValue<bool>());
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await hub.Ada.SendAsync(HttpMethod.Post, Talk.At(repo), new { title = "Not even I" }), "switched off");
        await eve.SayAsync(repo, 2, "comment", new { comment = "Those that are open go on." });
        await hub.Ada.SendAsync(HttpMethod.Put, $"{TestActor.Api(repo)}/settings", new { discussionsDisabled = false });
        await hub.Ada.DiscussAsync(repo, "Back again");
    }

    [Fact]
    public async Task Threads_follow_a_rename_stay_out_of_forks_and_go_with_their_repository()
    {
        var repo = await hub.Ada.CreateAsync();
        var pull = await hub.Ada.ProposeAsync(repo, "A change", TestActor.File("new.txt", "new"));
        var fork = $"ada/{hub.Fresh("fork")}";
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/duplicate", new { repository = fork }));
        var moved = $"ada/{hub.Fresh("moved")}";
        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = repo, toRepo = moved, type = "model" });

        Assert.Equal("A change", (await hub.Ada.DetailsAsync(moved, pull))["title"]!.GetValue<string>());
        Assert.Equal("new", await hub.Ada.TextAsync(moved, "new.txt", "refs/pr/1"));
        Assert.Equal(0, (await hub.Ada.GetJsonAsync(Talk.At(fork)))["count"]!.GetValue<int>());
        Assert.Empty((await hub.Ada.GetJsonAsync($"{TestActor.Api(fork)}/refs?include_prs=1"))["pullRequests"]!.AsArray());
        // A fork counts from one, and its own pull request has nothing to do with that of its origin.
        Assert.Equal(1, await hub.Ada.ProposeAsync(fork, "Mine", TestActor.File("mine.txt", "mine")));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(fork, "new.txt", "refs/pr/1")).StatusCode);

        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = moved, type = "model" }));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync(Talk.At(moved, pull))).StatusCode);
        Assert.Equal("mine", await hub.Ada.TextAsync(fork, "mine.txt", "refs/pr/1"));
    }
}

public sealed class DiscussionTests_Sqlite(TalkativeSqliteHub hub) : DiscussionTests(hub), IClassFixture<TalkativeSqliteHub>;
public sealed class DiscussionTests_Postgres(TalkativePostgresHub hub) : DiscussionTests(hub), IClassFixture<TalkativePostgresHub>;

/// <summary>A hub where one may say more in a minute than people do.</summary>
public sealed class TalkativeSqliteHub : SqliteHub
{
    private protected override void Adjust(HubOptions options) => options.Limits.RequestsPerMinute = 1_000_000;
}

public sealed class TalkativePostgresHub : PostgresHub
{
    private protected override void Adjust(HubOptions options) => options.Limits.RequestsPerMinute = 1_000_000;
}
