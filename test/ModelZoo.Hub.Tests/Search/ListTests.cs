using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Tests.Search;

public abstract class ListTests(TestHub hub)
{
    static string Card(string tag, string body = "") => $"""
        ---
        license: mit
        language: [en, de]
        pipeline_tag: text-generation
        library_name: transformers
        tags: [tiny, {tag}]
        ---
        # A card
        {body}
        """;

    [Fact]
    public async Task A_commit_is_found_by_the_next_list_in_every_way()
    {
        var tag = hub.Fresh("way");
        var repo = await hub.Ada.CreateAsync(hub.Fresh("Tiny-GPT"));
        await hub.Ada.CommitTextAsync(repo, "README.md", Card(tag, "Words."));
        var name = repo.Split('/')[1];

        Assert.Equal([repo], await IdsAsync(hub.Nobody, $"/api/models?search={name.ToUpperInvariant()}"));
        Assert.Equal([repo], await IdsAsync(hub.Nobody, $"/api/models?search=ada/&search={name}"));
        Assert.Equal([repo], await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&filter=license:mit"));
        Assert.Equal([repo], await IdsAsync(hub.Nobody, $"/api/models?filter={tag},tiny,de&author=ADA&pipeline_tag=text-generation"));
        Assert.Empty(await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&filter=absent"));
        Assert.Empty(await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&pipeline_tag=fill-mask"));
        Assert.Empty(await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&gated=true"));
        Assert.Empty(await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&inference_provider=x"));
        Assert.Empty(await IdsAsync(hub.Nobody, $"/api/datasets?search={name}"));

        await hub.Ada.CommitTextAsync(repo, "README.md", "no card any more");
        Assert.Empty(await IdsAsync(hub.Nobody, $"/api/models?filter={tag}"));
        var moved = await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = repo, toRepo = repo + "-2", type = "model" });
        Assert.Equal([repo + "-2"], await IdsAsync(hub.Nobody, $"/api/models?search={name}"));
        await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo + "-2", type = "model" });
        Assert.Empty(await IdsAsync(hub.Nobody, $"/api/models?search={name}"));
    }

    [Fact]
    public async Task An_item_has_the_fields_of_its_kind_and_those_asked_for()
    {
        var tag = hub.Fresh("fields");
        var repo = await hub.Ada.CreateAsync();
        var head = await hub.Ada.CommitAsync(repo, TestActor.File("README.md", Card(tag)), TestActor.File("config.json", """{"model_type":"gpt2"}"""));

        var plain = (await hub.Nobody.GetJsonAsync($"/api/models?filter={tag}"))[0]!.AsObject();
        Assert.Equal(
            ["_id", "author", "createdAt", "downloads", "gated", "id", "library_name", "likes", "modelId", "pipeline_tag", "private", "tags", "trendingScore"],
            plain.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Contains("gpt2", plain["tags"]!.AsArray().Select(t => t!.GetValue<string>()));

        var full = (await hub.Nobody.GetJsonAsync($"/api/models?filter={tag}&full=True&config=true"))[0]!;
        Assert.Equal(head, full["sha"]!.GetValue<string>());
        Assert.Equal([".gitattributes", "README.md", "config.json"], full["siblings"]!.AsArray().Select(file => file!["rfilename"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.Equal("mit", full["cardData"]!["license"]!.GetValue<string>());
        Assert.Equal("gpt2", full["config"]!["model_type"]!.GetValue<string>());

        var some = (await hub.Nobody.GetJsonAsync($"/api/models?filter={tag}&expand=likes&expand[]=sha"))[0]!.AsObject();
        Assert.Equal(["_id", "id", "likes", "modelId", "sha"], some.Select(field => field.Key).Order(StringComparer.Ordinal));
        var card = (await hub.Nobody.GetJsonAsync($"/api/models?filter={tag}&cardData=true"))[0]!;
        Assert.Equal("transformers", card["cardData"]!["library_name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Data_sets_and_spaces_are_lists_of_their_own()
    {
        var set = await hub.Ada.CreateAsync(hub.Fresh("digits"), "dataset");
        await hub.Ada.CommitTextAsync($"datasets/{set}", "README.md", "---\nlicense: mit\nlanguage: fr\ntask_categories: [image-classification]\nsize_categories: n<1K\n---\nA data set of handwritten digits.\n");
        var space = await hub.Ada.CreateAsync(hub.Fresh("page"), "space");
        await hub.Ada.CommitTextAsync($"spaces/{space}", "README.md", $"---\ntitle: p\nsdk: static\nmodels: [ada/some-model]\ndatasets: [{set}]\n---\n");

        var found = (await hub.Nobody.GetJsonAsync($"/api/datasets?search={set}&filter=language:fr&filter=task_categories:image-classification&filter=size_categories:n<1K"))[0]!;
        Assert.Equal("A data set of handwritten digits.", found["description"]!.GetValue<string>());
        Assert.Equal(40, found["sha"]!.GetValue<string>().Length);
        Assert.NotNull(found["lastModified"]);
        Assert.Equal([space], await IdsAsync(hub.Nobody, $"/api/spaces?datasets={set}"));
        Assert.Contains(space, await IdsAsync(hub.Nobody, "/api/spaces?models=ADA/some-model"));
        Assert.Contains(space, await IdsAsync(hub.Nobody, "/api/spaces?linked=true"));
        Assert.Equal("static", (await hub.Nobody.GetJsonAsync($"/api/spaces?search={space}"))[0]!["sdk"]!.GetValue<string>());
    }

    [Fact]
    public async Task Pages_neither_overlap_nor_skip_and_the_last_has_no_link()
    {
        var owner = await hub.JoinAsync();
        for (var i = 0; i < 7; i++) await owner.CreateAsync();
        foreach (var sort in (string[])["downloads", "createdAt", "lastModified", "likes", "likes30d", "trendingScore", "num_parameters", "mainSize", "id"])
            foreach (var direction in (string[])["", "&direction=1"])
            {
                var whole = await IdsAsync(owner, $"/api/models?author={owner.Handle}&sort={sort}{direction}");
                var paged = new List<string>();
                for (var next = $"/api/models?author={owner.Handle}&sort={sort}{direction}&limit=3"; next is not null;)
                {
                    var response = await owner.GetAsync(next);
                    var page = (await TestActor.ReadAsync(response)).AsArray();
                    Assert.InRange(page.Count, 1, 3);
                    paged.AddRange(page.Select(item => item!["id"]!.GetValue<string>()));
                    next = response.Headers.TryGetValues("Link", out var links) ? NextOf(links.Single()) : null;
                }
                Assert.Equal(whole, paged);
                Assert.Equal(7, paged.Distinct().Count());
            }
    }

    [Fact]
    public async Task Unknown_words_are_refused_with_the_known_ones()
    {
        foreach (var (query, word) in new[] { ("sort=colour", "trendingScore"), ("expand=colour", "siblings"), ("limit=none", "limit"), ("cursor=%21", "cursor"), ("num_parameters=min:six", "num_parameters") })
        {
            var refused = await hub.Nobody.GetAsync($"/api/models?{query}");
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(word, JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task A_private_repository_is_listed_for_those_who_may_read_it_only()
    {
        var (owner, reader, stranger) = (await hub.JoinAsync(), await hub.JoinAsync(), await hub.JoinAsync());
        var repo = await owner.CreateAsync(isPrivate: true);
        var id = (await hub.Get<RepositoryStore>().FindAsync(RepositoryKind.Model, owner.Handle, repo.Split('/')[1], null, default))!.Value.Repository.Id;
        var account = (await hub.Get<AccountStore>().FindAsync(reader.Handle, default))!;
        await hub.Get<HubDatabase>().ExecuteAsync("insert into collaborator (repository_id, account_id, access, added_at) values (@id, @account, 'read', 0)", new { id, account = account.Id }, default);
        var owned = (await hub.Get<AccountStore>().FindAsync(owner.Handle, default))!;
        async Task<TestActor> WithTokenAsync(CredentialRole role, params TokenGrant[] grants) =>
            new(hub, (await hub.Get<TokenStore>().CreateAsync(owned.Id, "t", role, grants, null, default)).Secret, owner.Handle);
        var granted = await WithTokenAsync(CredentialRole.FineGrained, new TokenGrant(id, false));
        var otherwise = await WithTokenAsync(CredentialRole.FineGrained, new TokenGrant(id + 1, false));
        var readOnly = await WithTokenAsync(CredentialRole.Read);

        foreach (var actor in (TestActor[])[owner, reader, hub.Ada, granted, readOnly])
        {
            Assert.Equal([repo], await IdsAsync(actor, $"/api/models?search={repo}"));
            Assert.Equal(HttpStatusCode.OK, (await actor.GetAsync($"/api/models/{repo}")).StatusCode);
        }
        foreach (var actor in (TestActor[])[hub.Nobody, stranger, otherwise])
        {
            Assert.Empty(await IdsAsync(actor, $"/api/models?search={repo}"));
            Assert.NotEqual(HttpStatusCode.OK, (await actor.GetAsync($"/api/models/{repo}")).StatusCode);
            Assert.Equal(0, (await actor.GetJsonAsync($"/api/users/{owner.Handle}/overview"))["numModels"]!.GetValue<int>());
        }
        await owner.SendAsync(HttpMethod.Put, $"/api/models/{repo}/settings", new { @private = false });
        Assert.Equal([repo], await IdsAsync(hub.Nobody, $"/api/models?search={repo}"));
    }

    [Fact]
    public async Task Models_are_found_by_their_number_of_parameters()
    {
        var tag = hub.Fresh("sized");
        var repos = new List<string>();
        foreach (var parameters in (long[])[500, 5_000_000, 6_000_000_000])
        {
            var repo = await hub.Ada.CreateAsync();
            await hub.Ada.CommitTextAsync(repo, "README.md", $"---\ntags: [{tag}]\n---\n");
            await hub.SettleAsync();
            await hub.Get<HubDatabase>().ExecuteAsync("""
                update weight_summary
                set parameters = @parameters
                where repository_id = (select id from repository where name_key = @name)
                """, new { parameters, name = repo.Split('/')[1].ToLowerInvariant() }, default);
            await hub.Ada.CommitTextAsync(repo, "README.md", $"---\ntags: [{tag}]\n---\nagain\n");
            repos.Add(repo);
        }

        Assert.Equal([repos[2], repos[1]], await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&num_parameters=min:1M&sort=num_parameters"));
        Assert.Equal([repos[1]], await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&num_parameters=min:5M,max:6B&sort=num_parameters&limit=5&direction=-1&search={repos[1]}"));
        Assert.Equal([repos[0]], await IdsAsync(hub.Nobody, $"/api/models?filter={tag}&num_parameters=max:0.5K"));
    }

    [Fact]
    public async Task Tags_in_use_are_told_apart_by_type()
    {
        var tag = hub.Fresh("typed");
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "README.md", Card(tag));
        var secret = await hub.Ada.CreateAsync(isPrivate: true);
        await hub.Ada.CommitTextAsync(secret, "README.md", $"---\ntags: [{tag}-secret]\n---\n");

        var types = await hub.Nobody.GetJsonAsync("/api/models-tags-by-type");
        IEnumerable<string> Ids(JsonNode from, string type) => from[type]!.AsArray().Select(entry => entry!["id"]!.GetValue<string>());
        Assert.Contains("text-generation", Ids(types, "pipeline_tag"));
        Assert.Equal("Text Generation", types["pipeline_tag"]!.AsArray().Single(t => t!["id"]!.GetValue<string>() == "text-generation")!["label"]!.GetValue<string>());
        Assert.Contains("transformers", Ids(types, "library"));
        Assert.Contains("de", Ids(types, "language"));
        Assert.Contains("license:mit", Ids(types, "license"));
        Assert.Contains(tag, Ids(types, "other"));
        Assert.DoesNotContain($"{tag}-secret", Ids(types, "other"));
        Assert.Contains($"{tag}-secret", Ids(await hub.Ada.GetJsonAsync("/api/models-tags-by-type"), "other"));
        Assert.NotNull((await hub.Nobody.GetJsonAsync("/api/datasets-tags-by-type"))["task_categories"]);
    }

    static async Task<List<string>> IdsAsync(TestActor actor, string path) =>
        [.. (await actor.GetJsonAsync(path)).AsArray().Select(item => item!["id"]!.GetValue<string>())];

    static string NextOf(string link)
    {
        Assert.Matches("^<http://[^>]+>; rel=\"next\"$", link);
        return link[1..link.IndexOf('>')];
    }
}

public sealed class ListTests_Sqlite(SqliteHub hub) : ListTests(hub), IClassFixture<SqliteHub>;
public sealed class ListTests_Postgres(PostgresHub hub) : ListTests(hub), IClassFixture<PostgresHub>;
