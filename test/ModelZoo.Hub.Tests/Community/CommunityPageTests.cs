using System.Text.RegularExpressions;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Tests.Web;

namespace ModelZoo.Hub.Tests.Community;

/// <summary>The community tab without JavaScript. What pages show does not depend on the database, so SQLite stands for both.</summary>
public sealed class CommunityPageTests(SqliteHub hub) : IClassFixture<SqliteHub>
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task A_thread_is_opened_answered_edited_renamed_and_closed_in_a_browser()
    {
        var repo = await hub.Ada.CreateAsync();
        var (eve, handle) = await SomebodyAsync();
        using var _ = eve;
        using var nobody = new PageVisitor(hub.Url);
        Assert.Equal(302, (await nobody.GetAsync($"/{repo}/discussions/new")).Code);
        var empty = await eve.FillAsync($"/{repo}/discussions/new", $"/{repo}/discussions", ("kind", "discussion"), ("title", "x"), ("description", "typed before"));
        Assert.Equal(400, empty.Code);
        Assert.Contains("typed before", empty.Html);

        var opened = await eve.FillAsync($"/{repo}/discussions/new", $"/{repo}/discussions", ("kind", "discussion"), ("title", "Is <b>this</b> it?"), ("description", "# Yes\r\n\r\n<script>alert(1)</script>\r\n\n[top](#yes)"));
        Assert.Equal((303, $"/{repo}/discussions/1?notice=created"), (opened.Code, opened.Location));
        var said = await eve.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "comment"), ("comment", "# Yes\n\nAgain."));
        Assert.Matches($"^/{repo}/discussions/1#event-[0-9a-f]{{24}}$", said.Location!);
        var page = (await nobody.GetAsync($"/{repo}/discussions/1")).Html;

        Assert.Contains("Is &lt;b&gt;this&lt;/b&gt; it?", page);
        Assert.DoesNotContain("<script>alert", page);
        var anchors = Regex.Matches(page, "<h2 id=\"([^\"]+)\"").Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(2, anchors.Distinct().Count());
        Assert.Contains($"href=\"#{anchors[0]}\"", page);
        Assert.Contains("Sign in", page);
        Assert.DoesNotContain("<textarea", page);
        Assert.Contains("Community <small>1</small>", (await nobody.GetAsync($"/{repo}")).Html);
        Assert.Contains("Is &lt;b&gt;this&lt;/b&gt; it?", (await nobody.GetAsync($"/{repo}/discussions")).Html);
        Assert.DoesNotContain("Is &lt;b&gt;", (await nobody.GetAsync($"/{repo}/discussions?status=closed")).Html);
        Assert.DoesNotContain("Is &lt;b&gt;", (await nobody.GetAsync($"/{repo}/discussions?type=pull_request")).Html);

        var id = Regex.Match(said.Location!, "event-([0-9a-f]+)").Groups[1].Value;
        Assert.Contains("Again.", (await eve.GetAsync($"/{repo}/discussions/1/edit?comment={id}")).Html);
        Assert.Equal(404, (await nobody.GetAsync($"/{repo}/discussions/2")).Code);
        await eve.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "edit"), ("comment", id), ("content", "Another word."));
        await eve.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "title"), ("title", "Is this it?"));
        using var ada = await SignInAsync("ada");
        Assert.Equal(404, (await ada.GetAsync($"/{repo}/discussions/1/edit?comment={id}")).Code);
        await ada.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "hide"), ("comment", id));
        await ada.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "close"), ("comment", "Enough."));
        page = (await nobody.GetAsync($"/{repo}/discussions/1")).Html;
        Assert.DoesNotContain("Another word.", page);
        Assert.Contains("This comment is hidden.", page);
        Assert.Contains("Enough.", page);
        Assert.Contains("from “Is &lt;b&gt;this&lt;/b&gt; it?” to “Is this it?”".Replace("“", "&#x201C;").Replace("”", "&#x201D;"), page.Replace("“", "&#x201C;").Replace("”", "&#x201D;"));
        Assert.Contains(">closed</span>", page);
        var (bob, _) = await SomebodyAsync();
        using var bob_ = bob;
        var refused = await bob.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "open"), ("comment", "kept words"));
        Assert.Equal(403, refused.Code);
        Assert.Contains("kept words", refused.Html);
        Assert.Equal(403, (await bob.PostAsync($"/{repo}/discussions/1", ("form", "comment"), ("comment", "without a token"))).Code);
        Assert.Contains(handle, page);
    }

    [Fact]
    public async Task A_pull_request_shows_its_files_and_is_merged_by_a_writer()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "a.txt", "one\n");
        var (eve, _) = await SomebodyAsync();
        using var eve_ = eve;
        using var ada = await SignInAsync("ada");
        await eve.FillAsync($"/{repo}/discussions/new", $"/{repo}/discussions", ("kind", "pull"), ("title", "A change"), ("description", ""));
        Assert.Contains("It has no commits yet.", (await ada.GetAsync($"/{repo}/discussions/1")).Html);
        Assert.Contains("changes no files yet", (await ada.GetAsync($"/{repo}/discussions/1/files")).Html);
        await hub.Ada.CommitTextAsync($"{repo}@refs/pr/1", "a.txt", "two\n");
        Assert.DoesNotContain("value=\"merge\"", (await ada.GetAsync($"/{repo}/discussions/1")).Html);
        await eve.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "open"));

        var files = (await ada.GetAsync($"/{repo}/discussions/1/files")).Html;
        Assert.Contains("two", files);
        Assert.DoesNotContain(".gitattributes", files);
        Assert.Contains("git fetch origin refs/pr/1:pr-1", (await eve.GetAsync($"/{repo}/discussions/1")).Html);
        Assert.DoesNotContain("value=\"merge\"", (await eve.GetAsync($"/{repo}/discussions/1")).Html);
        Assert.Equal(403, (await eve.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "merge"))).Code);
        await hub.Ada.CommitTextAsync(repo, "a.txt", "three\n");
        Assert.Contains("cannot be merged as it is", (await ada.GetAsync($"/{repo}/discussions/1")).Html);
        var conflict = await ada.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "merge"));
        Assert.Equal(409, conflict.Code);
        Assert.Contains("(a.txt)", conflict.Html);
        await hub.Ada.CommitTextAsync(repo, "a.txt", "one\n");

        Assert.Contains("value=\"merge\"", (await ada.GetAsync($"/{repo}/discussions/1")).Html);
        Assert.Equal((303, $"/{repo}/discussions/1?notice=merged"), ((await ada.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "merge"))) is var merged ? (merged.Code, merged.Location) : default));
        Assert.Equal("two\n", await hub.Ada.TextAsync(repo, "a.txt"));
        Assert.Contains("It is part of", (await eve.GetAsync($"/{repo}/discussions/1")).Html);
        Assert.Contains("two", (await eve.GetAsync($"/{repo}/discussions/1/files")).Html);
        Assert.Equal(200, (await eve.GetAsync($"/{repo}/tree/refs%2Fpr%2F1")).Code);
        Assert.Equal(403, (await eve.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "remove"))).Code);
        Assert.Equal(200, (await eve.GetAsync($"/{repo}/commits/refs%2Fpr%2F1")).Code);
        Assert.Equal(303, (await ada.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "remove"))).Code);
        Assert.Equal(404, (await eve.GetAsync($"/{repo}/tree/refs%2Fpr%2F1")).Code);
        Assert.Equal(200, (await eve.GetAsync($"/{repo}/discussions/1/files")).Code);
        Assert.Equal("merged", await hub.Ada.StatusAsync(repo, 1));
    }

    [Fact]
    public async Task A_long_thread_has_pages_and_a_new_comment_leads_to_the_last()
    {
        var repo = await hub.Ada.CreateAsync();
        var number = await hub.Ada.DiscussAsync(repo);
        for (var i = 1; i <= 60; i++) await hub.Ada.SayAsync(repo, number, "comment", new { comment = $"word {i}." });
        using var ada = await SignInAsync("ada");

        Assert.Contains($"/{repo}/discussions/1?from=40", (await ada.GetAsync($"/{repo}/discussions/1")).Html);
        Assert.DoesNotContain("word 45.", (await ada.GetAsync($"/{repo}/discussions/1")).Html);
        Assert.Contains("word 45.", (await ada.GetAsync($"/{repo}/discussions/1?from=40")).Html);
        Assert.StartsWith($"/{repo}/discussions/1?from=40#event-", (await ada.FillAsync($"/{repo}/discussions/1", $"/{repo}/discussions/1", ("form", "comment"), ("comment", "the last"))).Location!);
    }

    async Task<PageVisitor> SignInAsync(string handle)
    {
        var visitor = new PageVisitor(hub.Url);
        Assert.Equal(303, (await visitor.SignInAsync(handle, Password)).Code);
        return visitor;
    }

    async Task<(PageVisitor Visitor, string Handle)> SomebodyAsync()
    {
        var handle = hub.Fresh("visitor");
        await hub.Get<AccountStore>().CreateAsync(handle, "", null, SignIn.Hash(Password), administrator: false, default);
        return (await SignInAsync(handle), handle);
    }
}
