using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Tests.Repositories;

public abstract class HistoryTests(TestHub hub)
{
    [Fact]
    public async Task History_is_paged_by_links_that_neither_overlap_nor_skip()
    {
        var repo = await hub.Ada.CreateAsync();
        var heads = new List<string>();
        for (var i = 0; i < 6; i++) heads.Add(await hub.Ada.CommitTextAsync(repo, "a.txt", $"{i}"));

        var seen = new List<string>();
        string? next = $"/api/models/{repo}/commits/main?limit=3&expand[]=formatted";
        while (next is not null)
        {
            var response = await hub.Nobody.GetAsync(next);
            Assert.Equal("7", response.Headers.GetValues("X-Total-Count").Single());
            seen.AddRange((await TestActor.ReadAsync(response)).AsArray().Select(c => c!["id"]!.GetValue<string>()));
            next = response.Headers.TryGetValues("Link", out var links) ? Regex.Match(links.Single(), @"<(https?://[^>]+)>; +rel=""next""").Groups[1].Value : null;
            if (next is not null) Assert.Contains("expand%5B%5D=formatted", next);
        }

        Assert.Equal(Enumerable.Reverse(heads), seen.Take(6));
        Assert.Equal(7, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_commit_is_described_by_title_rest_author_and_moment()
    {
        var repo = await hub.Ada.CreateAsync();
        var body = "{\"key\":\"header\",\"value\":{\"summary\":\"Add <b> & é\",\"description\":\"first\\n\\n<script>\"}}\n{\"key\":\"file\",\"value\":{\"path\":\"a\",\"content\":\"x\",\"encoding\":\"utf-8\"}}";
        var answer = await TestActor.ReadAsync(await hub.Ada.Http.PostAsync($"/api/models/{repo}/commit/main", new StringContent(body)));
        Assert.Equal($"{hub.Url}/{repo}/commit/{answer["commitOid"]}", answer["commitUrl"]!.GetValue<string>());
        Assert.True(answer["success"]!.GetValue<bool>());

        var commit = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/main?expand=formatted"))[0]!;
        Assert.Equal("Add <b> & é", commit["title"]!.GetValue<string>());
        Assert.Equal("first\n\n<script>", commit["message"]!.GetValue<string>());
        Assert.Equal("ada", commit["authors"]![0]!["user"]!.GetValue<string>());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", commit["date"]!.GetValue<string>());
        Assert.DoesNotContain("<", commit["formatted"]!["title"]!.GetValue<string>());
        Assert.DoesNotContain("<", commit["formatted"]!["message"]!.GetValue<string>());
        Assert.Null((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/main"))[0]!["formatted"]);
    }

    [Fact]
    public async Task A_squash_leaves_one_commit_with_the_same_tree_and_touches_no_other_reference()
    {
        var repo = await hub.Ada.CreateAsync();
        var first = await hub.Ada.CommitTextAsync(repo, "a.txt", "one");
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/dev", new { }));
        await hub.Ada.CommitLargeAsync(repo, "dir/w.bin", [1, 2, 3]);
        var before = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true");
        var old = await hub.Ada.HeadAsync(repo);

        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/super-squash/main", new { message = "all in one" }));

        var history = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/main")).AsArray();
        Assert.Equal("all in one", Assert.Single(history)!["title"]!.GetValue<string>());
        Assert.NotEqual(old, await hub.Ada.HeadAsync(repo));
        Assert.Equal(before.ToJsonString(), (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true")).ToJsonString());
        Assert.Equal(2, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/dev")).AsArray().Count);
        Assert.Equal(first, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/revision/dev"))["sha"]!.GetValue<string>());
        Assert.All((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true&expand=true")).AsArray(),
            e => Assert.Equal(history[0]!["id"]!.GetValue<string>(), e!["lastCommit"]!["id"]!.GetValue<string>()));
        // Whoever pinned the old commit by its full id still reads it until the unreachable is swept.
        Assert.Equal([1, 2, 3], await hub.Nobody.ReadFileAsync(repo, "dir/w.bin", old));
        Assert.Equal("one", Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, "a.txt", "dev")));
        await hub.Ada.CommitTextAsync(repo, "after.txt", "goes on");
    }

    [Theory]
    [InlineData("v1", HttpStatusCode.BadRequest)]
    [InlineData("nope", HttpStatusCode.NotFound)]
    public async Task Only_a_branch_is_squashed(string revision, HttpStatusCode status)
    {
        var repo = await hub.Ada.CreateAsync();
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/tag/main", new { tag = "v1" }));

        Assert.Equal(status, (await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/super-squash/{revision}", new { })).StatusCode);
    }

    [Fact]
    public async Task A_comparison_is_a_unified_diff_of_what_changed()
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.CommitAsync(repo, TestActor.File("same.txt", "same\n"), TestActor.File("text.txt", "one\ntwo\n"), TestActor.File("gone.txt", "bye\n"));
        await hub.Ada.CommitAsync(repo, TestActor.File("text.txt", "one\nzwei\n"), TestActor.Delete("gone.txt"), TestActor.File("new ü.txt", "hi"));

        var response = await hub.Nobody.GetAsync($"/api/models/{repo}/compare/{before}..main");
        var diff = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("-two\n+zwei\n", diff);
        Assert.Contains("+++ /dev/null\n", diff);
        Assert.Contains("-bye\n", diff);
        Assert.Contains("\\ No newline at end of file", diff);
        Assert.DoesNotContain("same.txt", diff);
        Assert.Equal("", await hub.Nobody.Http.GetStringAsync($"/api/models/{repo}/compare/main..main"));
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync($"/api/models/{repo}/compare/main")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.GetAsync($"/api/models/{repo}/compare/main..nope")).StatusCode);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=-1")]
    [InlineData("limit=x")]
    public async Task A_limit_that_makes_no_page_is_refused(string query)
    {
        var repo = await hub.Ada.CreateAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync($"/api/models/{repo}/commits/main?{query}")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync($"/api/models/{repo}/tree/main?{query}")).StatusCode);
    }

    [Fact]
    public async Task Pages_past_the_end_are_empty()
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var query in new[] { "p=1", "p=999999", "p=99999999999", "limit=1000&p=999999" })
        {
            var response = await hub.Nobody.GetAsync($"/api/models/{repo}/commits/main?{query}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.False(response.Headers.Contains("Link"));
        }
    }
}

public sealed class HistoryTests_Sqlite(SqliteHub hub) : HistoryTests(hub), IClassFixture<SqliteHub>;

public sealed class HistoryTests_Postgres(PostgresHub hub) : HistoryTests(hub), IClassFixture<PostgresHub>;
