using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Tests.Search;

/// <summary>Words in cards, facets, likes and what is known of accounts.</summary>
public abstract class FindTests(TestHub hub)
{
    [Fact]
    public async Task Words_of_cards_are_found_best_first_and_by_the_beginning_of_the_last()
    {
        var word = hub.Fresh("axolotl");
        var named = await hub.Ada.CreateAsync($"{word}-net");
        await hub.Ada.CommitTextAsync(named, "README.md", "---\nlicense: mit\n---\nRecognises amphibians under water, quickly.\n");
        var mentions = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(mentions, "README.md", $"---\nlicense: mit\n---\nThis one only mentions the {word} and amphibians.\n");
        var set = await hub.Ada.CreateAsync(type: "dataset");
        await hub.Ada.CommitTextAsync($"datasets/{set}", "README.md", $"Pictures of the {word} in its lake.\n");
        var secret = await hub.Ada.CreateAsync(isPrivate: true);
        await hub.Ada.CommitTextAsync(secret, "README.md", $"A secret {word}.\n");

        Assert.Equal([named, mentions], await FindAsync(hub.Nobody, word, "model"));
        Assert.Equal([set], await FindAsync(hub.Nobody, word, "dataset"));
        Assert.Equal([named, mentions], await FindAsync(hub.Nobody, $"amphibians {word[..^1]}", "model"));
        Assert.Equal([mentions], await FindAsync(hub.Nobody, $"{word} mentions", "model"));
        Assert.Empty(await FindAsync(hub.Nobody, $"{word} submarine", "model"));
        Assert.Contains(secret, await FindAsync(hub.Ada, word, "model"));

        var only = (await hub.Nobody.GetJsonAsync($"/api/zoo/search?q={word}&kind=dataset&limit=1"))["groups"]!.AsArray();
        Assert.Equal($"Pictures of the {word} in its lake.", Assert.Single(only)!["items"]![0]!["summary"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync("/api/zoo/search?q=a&kind=song")).StatusCode);
        Assert.Empty((await hub.Nobody.GetJsonAsync("/api/zoo/search?q="))["groups"]!.AsArray());
    }

    [Fact]
    public async Task Facets_count_with_the_other_filters_applied()
    {
        var owner = await hub.JoinAsync();
        foreach (var (licence, language) in new[] { ("mit", "en"), ("mit", "fr"), ("gpl-3.0", "en") })
        {
            var repo = await owner.CreateAsync();
            await owner.CommitTextAsync(repo, "README.md", $"---\nlicense: {licence}\nlanguage: {language}\n---\nA model with a summary that is long enough.\n");
        }
        var query = new SearchQuery { Kind = RepositoryKind.Model, Author = owner.Handle, Licence = "mit", WithFacets = true, WithSummaries = true };

        var page = await hub.Get<RepositorySearch>().FindAsync(query, Actor.Nobody, default);

        Assert.Equal(2, page.Total);
        Assert.All(page.Items, item => Assert.Equal("A model with a summary that is long enough.", item.Summary));
        Assert.Equal([new("mit", 2), new("gpl-3.0", 1)], page.Facets[IndexField.Licence]);
        Assert.Equal([new("en", 1), new("fr", 1)], page.Facets[IndexField.Language]);
        Assert.Contains(new FacetCount(owner.Handle.ToLowerInvariant(), 2), page.Facets[IndexField.Author]);
    }

    [Fact]
    public async Task A_like_is_counted_listed_and_taken_back()
    {
        var fan = await hub.JoinAsync();
        var repo = await hub.Ada.CreateAsync();
        var secret = await fan.CreateAsync(isPrivate: true);

        await TestActor.ReadAsync(await fan.SendAsync(HttpMethod.Post, $"/api/models/{repo}/like"));
        await TestActor.ReadAsync(await fan.SendAsync(HttpMethod.Post, $"/api/models/{repo}/like"));
        await TestActor.ReadAsync(await fan.SendAsync(HttpMethod.Post, $"/api/models/{secret}/like"));

        var listed = (await hub.Nobody.GetJsonAsync($"/api/models?search={repo}&sort=likes30d"))[0]!;
        Assert.Equal(1, listed["likes"]!.GetValue<int>());
        Assert.Equal(1, listed["trendingScore"]!.GetValue<int>());
        Assert.Equal(fan.Handle, Assert.Single((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/likers")).AsArray())!["user"]!.GetValue<string>());
        var like = Assert.Single((await hub.Nobody.GetJsonAsync($"/api/users/{fan.Handle}/likes")).AsArray())!;
        Assert.Equal((repo, "model"), (like["repo"]!["name"]!.GetValue<string>(), like["repo"]!["type"]!.GetValue<string>()));
        Assert.Equal(2, (await fan.GetJsonAsync($"/api/users/{fan.Handle}/likes")).AsArray().Count);
        Assert.Equal(1, (await hub.Nobody.GetJsonAsync($"/api/users/{fan.Handle}/overview"))["numLikes"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.SendAsync(HttpMethod.Post, $"/api/models/{repo}/like")).StatusCode);

        await TestActor.ReadAsync(await fan.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/like"));
        Assert.Equal(0, (await hub.Nobody.GetJsonAsync($"/api/models?search={repo}"))[0]!["likes"]!.GetValue<int>());
        Assert.Empty((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/likers")).AsArray());
    }

    [Fact]
    public async Task Accounts_have_an_overview_and_missing_ones_are_missing()
    {
        var user = await hub.JoinAsync();
        await user.CreateAsync();
        await user.CreateAsync(type: "dataset");

        var overview = await hub.Nobody.GetJsonAsync($"/api/users/{user.Handle}/overview");
        Assert.Equal((1, 1, 0), (overview["numModels"]!.GetValue<int>(), overview["numDatasets"]!.GetValue<int>(), overview["numSpaces"]!.GetValue<int>()));
        Assert.Empty((await hub.Nobody.GetJsonAsync($"/api/users/{user.Handle}/followers")).AsArray());
        foreach (var path in (string[])["users/nobody-here/overview", "users/nobody-here/likes", "users/nobody-here/following", "organizations/acme/overview", "organizations/acme/members"])
        {
            var refused = await hub.Nobody.GetAsync($"/api/{path}");
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
            Assert.NotNull(JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]);
        }
    }

    [Fact]
    public async Task Lists_under_writes_never_miss_an_acknowledged_change()
    {
        var owner = await hub.JoinAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 6; i++)
            {
                var repo = await owner.CreateAsync($"race-{writer}-{i}");
                Assert.Single((await hub.Nobody.GetJsonAsync($"/api/models?author={owner.Handle}&search=race-{writer}-{i}")).AsArray());
                if (i % 2 == 1) continue;
                await owner.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo, type = "model" });
                Assert.Empty((await hub.Nobody.GetJsonAsync($"/api/models?author={owner.Handle}&search=race-{writer}-{i}")).AsArray());
            }
        }));
        Assert.Equal(24, (await hub.Nobody.GetJsonAsync($"/api/models?author={owner.Handle}")).AsArray().Count);
    }

    static async Task<List<string>> FindAsync(TestActor actor, string words, string kind) =>
        [.. (await actor.GetJsonAsync($"/api/zoo/search?q={Uri.EscapeDataString(words)}"))["groups"]!.AsArray()
            .Where(group => group!["kind"]!.GetValue<string>() == kind).SelectMany(group => group!["items"]!.AsArray()).Select(item => item!["id"]!.GetValue<string>())];
}

public sealed class FindTests_Sqlite(SqliteHub hub) : FindTests(hub), IClassFixture<SqliteHub>;
public sealed class FindTests_Postgres(PostgresHub hub) : FindTests(hub), IClassFixture<PostgresHub>;
