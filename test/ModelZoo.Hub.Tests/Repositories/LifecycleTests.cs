using System.Net;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Repositories;

public abstract class LifecycleTests(TestHub hub)
{
    [Fact]
    public async Task Creating_what_exists_is_refused_with_the_url_that_clients_go_on_with()
    {
        var repo = await hub.Ada.CreateAsync();

        var refused = await hub.Ada.SendAsync(HttpMethod.Post, "/api/repos/create", new { name = repo.Split('/')[1].ToUpperInvariant() });

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        var body = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!;
        Assert.Equal($"{hub.Url}/{repo.Split('/')[0]}/{repo.Split('/')[1].ToUpperInvariant()}", body["url"]!.GetValue<string>(), ignoreCase: true);
        Assert.Equal(repo, body["name"]!.GetValue<string>(), ignoreCase: true);
        Assert.Contains("already created", body["error"]!.GetValue<string>());
        Assert.DoesNotContain("another conflicting operation", body.ToJsonString());
    }

    [Fact]
    public async Task One_id_may_be_a_model_a_data_set_and_a_space_at_once()
    {
        var name = hub.Fresh("three");
        await hub.Ada.CreateAsync(name);
        await hub.Ada.CreateAsync(name, "dataset");
        await hub.Ada.CreateAsync(name, "space");

        var ids = await Task.WhenAll(new[] { "models", "datasets", "spaces" }.Select(kind => hub.Ada.GetJsonAsync($"/api/{kind}/ada/{name}")));

        Assert.Equal(3, ids.Select(i => i["_id"]!.GetValue<string>()).Distinct().Count());
        Assert.All(ids, i => Assert.Equal($"ada/{name}", i["id"]!.GetValue<string>()));
        Assert.Equal(["README.md", "index.html"], ids[2]["siblings"]!.AsArray().Select(s => s!["rfilename"]!.GetValue<string>()).Where(n => n != ".gitattributes").Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a--b")]
    [InlineData("a..b")]
    [InlineData("a.git")]
    [InlineData("a.ipynb")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a/b/c")]
    [InlineData("a\u0000b")]
    [InlineData("a\nb")]
    [InlineData("a%2Fb")]
    public async Task A_name_that_breaks_the_rules_is_refused(string name)
    {
        var refused = await hub.Ada.SendAsync(HttpMethod.Post, "/api/repos/create", new { name });

        Assert.True((int)refused.StatusCode is 400 or 403, $"{refused.StatusCode}");
        Assert.NotEmpty(JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task Names_have_up_to_96_characters_and_keep_their_case()
    {
        var name = hub.Fresh("Mixed.Case_-") + new string('x', 60);
        name += new string('y', 96 - name.Length);

        var repo = await hub.Ada.CreateAsync(name);

        Assert.Equal($"ada/{name}", (await hub.Nobody.GetJsonAsync($"/api/models/ADA/{name.ToLowerInvariant()}"))["id"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.SendAsync(HttpMethod.Post, "/api/repos/create", new { name = name + "z" })).StatusCode);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("datasets")]
    [InlineData("nobody\u0000")]
    [InlineData("somebody-else")]
    public async Task Nobody_creates_under_a_name_that_is_not_an_account_of_theirs(string organization)
    {
        var joined = await hub.JoinAsync();

        var refused = await joined.SendAsync(HttpMethod.Post, "/api/repos/create", new { name = hub.Fresh("r"), organization });

        Assert.True((int)refused.StatusCode is 400 or 403, $"{refused.StatusCode}");
    }

    [Fact]
    public async Task What_is_deleted_is_gone_for_everyone_and_its_name_is_free_again()
    {
        var repo = await hub.Ada.CreateAsync();
        var first = await hub.Ada.CommitTextAsync(repo, "a.txt", "one");
        await hub.Ada.CommitLargeAsync(repo, "w.bin", [1, 2, 3]);

        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo.Split('/')[1], organization = "ada" }));

        foreach (var address in new[] { $"/api/models/{repo}", $"/api/models/{repo}/tree/main", $"/{repo}/resolve/main/a.txt", $"/{repo}/raw/main/a.txt", $"/{repo}/resolve/{first}/a.txt" })
        {
            await RefusesAsync(hub.Ada, address, HttpStatusCode.NotFound, "RepoNotFound");
            await RefusesAsync(hub.Nobody, address, HttpStatusCode.Unauthorized, "RepoNotFound");
        }
        var again = await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo });
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        Assert.Equal("RepoNotFound", again.Headers.GetValues("X-Error-Code").Single());

        await hub.Ada.CreateAsync(repo.Split('/')[1]);
        Assert.Single((await hub.Ada.GetJsonAsync($"/api/models/{repo}/commits/main")).AsArray());
        await RefusesAsync(hub.Ada, $"/{repo}/resolve/{first}/a.txt", HttpStatusCode.NotFound, "RevisionNotFound");
        Assert.Empty((await hub.Ada.GetJsonAsync($"/api/models/{repo}/lfs-files")).AsArray());
    }

    [Fact]
    public async Task Only_who_administers_deletes_or_moves_and_a_stranger_learns_nothing_of_what_is_private()
    {
        var open = await hub.Ada.CreateAsync();
        var secret = await hub.Ada.CreateAsync(isPrivate: true);
        var stranger = await hub.JoinAsync();

        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = open })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = secret })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = open })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = open, toRepo = $"{stranger.Handle}/mine" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = secret, toRepo = $"{stranger.Handle}/mine" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.SendAsync(HttpMethod.Put, $"/api/models/{open}/settings", new { @private = true })).StatusCode);
        await hub.Ada.GetJsonAsync($"/api/models/{open}");
        await hub.Ada.GetJsonAsync($"/api/models/{secret}");
    }

    [Theory]
    [InlineData("model", "", "models")]
    [InlineData("dataset", "datasets/", "datasets")]
    public async Task The_old_name_of_what_was_moved_redirects_relatively(string type, string prefix, string kinds)
    {
        var old = await hub.Ada.CreateAsync(type: type);
        var commit = await hub.Ada.CommitTextAsync(prefix + old, "a b.txt", "text");
        var heir = await hub.JoinAsync();
        var fresh = $"{heir.Handle}/{hub.Fresh("New.Name")}";

        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = old, toRepo = fresh, type });

        foreach (var (method, address) in new[]
        {
            (HttpMethod.Get, $"/{prefix}{old}/resolve/main/a%20b.txt?download=true"), (HttpMethod.Head, $"/{prefix}{old}/resolve/main/a%20b.txt"),
            (HttpMethod.Get, $"/{prefix}{old}/raw/refs%2Fheads%2Fmain/a%20b.txt"), (HttpMethod.Head, $"/{prefix}{old}/raw/main/a%20b.txt"),
            (HttpMethod.Get, $"/api/{kinds}/{old}"), (HttpMethod.Get, $"/api/{kinds}/{old}/tree/main?recursive=true"), (HttpMethod.Get, $"/api/{kinds}/{old}/revision/main"),
        })
        {
            var moved = await hub.Nobody.SendAsync(method, address);
            Assert.Equal(HttpStatusCode.TemporaryRedirect, moved.StatusCode);
            var location = moved.Headers.GetValues("Location").Single();
            Assert.Equal(address.Replace(old, fresh), location);
            Assert.True(moved.Headers.Contains("X-Request-Id"));
            Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.SendAsync(method, location)).StatusCode);
        }
        Assert.Equal(commit, (await heir.GetJsonAsync($"/api/{kinds}/{fresh}"))["sha"]!.GetValue<string>());
        await heir.CommitTextAsync(prefix + fresh, "b.txt", "the new owner writes");
    }

    [Fact]
    public async Task A_new_repository_takes_an_old_name_over_and_a_move_never_lands_on_one_that_exists()
    {
        var (first, taken) = (await hub.Ada.CreateAsync(), await hub.Ada.CreateAsync());
        var other = $"ada/{hub.Fresh("other")}";

        var blocked = await hub.Ada.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = first, toRepo = taken, type = "model" });
        Assert.Equal(HttpStatusCode.Conflict, blocked.StatusCode);
        Assert.Contains($"A model repository called {taken} already exists", await blocked.Content.ReadAsStringAsync());

        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = first, toRepo = other });
        Assert.Equal(HttpStatusCode.TemporaryRedirect, (await hub.Ada.GetAsync($"/api/models/{first}")).StatusCode);
        await hub.Ada.CreateAsync(first.Split('/')[1]);
        Assert.Equal(first, (await hub.Ada.GetJsonAsync($"/api/models/{first}"))["id"]!.GetValue<string>());
        Assert.Equal(other, (await hub.Ada.GetJsonAsync($"/api/models/{other}"))["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_rename_of_case_alone_works_and_a_move_back_ends_the_redirect()
    {
        var repo = await hub.Ada.CreateAsync();
        var shout = $"ada/{repo.Split('/')[1].ToUpperInvariant()}";
        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = repo, toRepo = shout });
        Assert.Equal(shout, (await hub.Ada.GetJsonAsync($"/api/models/{repo}"))["id"]!.GetValue<string>());

        var away = $"ada/{hub.Fresh("away")}";
        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = shout, toRepo = away });
        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = away, toRepo = repo });
        Assert.Equal(repo, (await hub.Ada.GetJsonAsync($"/api/models/{repo}"))["id"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.TemporaryRedirect, (await hub.Ada.GetAsync($"/api/models/{away}")).StatusCode);
    }

    [Fact]
    public async Task The_old_name_of_a_private_repository_says_nothing_to_strangers_and_deletes_nothing()
    {
        var old = await hub.Ada.CreateAsync(isPrivate: true);
        var fresh = $"ada/{hub.Fresh("hidden")}";
        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = old, toRepo = fresh });

        await RefusesAsync(await hub.JoinAsync(), $"/api/models/{old}", HttpStatusCode.NotFound, "RepoNotFound");
        await RefusesAsync(hub.Nobody, $"/{old}/resolve/main/.gitattributes", HttpStatusCode.Unauthorized, "RepoNotFound");
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = old })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = old, toRepo = "ada/elsewhere" })).StatusCode);
        await hub.Ada.GetJsonAsync($"/api/models/{fresh}");
    }

    [Fact]
    public async Task Settings_echo_what_changed_and_visibility_counts_at_once()
    {
        var repo = await hub.Ada.CreateAsync();

        Assert.Equal("""{"private":true,"description":"short"}""",
            (await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Put, $"/api/models/{repo}/settings", new { visibility = "private", description = "short" }))).ToJsonString());
        await RefusesAsync(hub.Nobody, $"/api/models/{repo}", HttpStatusCode.Unauthorized, "RepoNotFound");
        await RefusesAsync(hub.Nobody, $"/{repo}/resolve/main/.gitattributes", HttpStatusCode.Unauthorized, "RepoNotFound");
        Assert.True((await hub.Ada.GetJsonAsync($"/api/models/{repo}"))["private"]!.GetValue<bool>());

        Assert.Equal("""{"private":false}""",
            (await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Put, $"/api/models/{repo}/settings", new { @private = false }))).ToJsonString());
        await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
    }

    [Fact]
    public async Task Settings_that_are_refused_in_part_change_nothing()
    {
        var repo = await hub.Ada.CreateAsync();

        foreach (var bad in new object[]
        {
            new { @private = true, gated = "auto" }, new { @private = true, description = new string('x', 1_001) }, new { @private = true, description = "nul\0" },
            new { visibility = "protected" },
        })
            Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.SendAsync(HttpMethod.Put, $"/api/models/{repo}/settings", bad)).StatusCode);

        Assert.False((await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["private"]!.GetValue<bool>());
    }

    [Fact]
    public async Task First_files_follow_the_rules_of_commits()
    {
        var secret = Guid.NewGuid().ToByteArray();
        var oid = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(secret));
        await hub.Ada.CommitLargeAsync(await hub.Ada.CreateAsync(isPrivate: true), "secret.bin", secret);
        var thief = await hub.JoinAsync();
        var pointer = $"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {secret.Length}\n";

        async Task<int> CreateAsync(TestActor who, string name, params object[] files) =>
            (int)(await who.SendAsync(HttpMethod.Post, "/api/repos/create", new { name, files })).StatusCode;

        Assert.Equal(422, await CreateAsync(thief, "theft", new { path = "s.bin", content = pointer, encoding = "utf-8" }));
        Assert.Equal(400, await CreateAsync(thief, "theft", 7));
        Assert.Equal(400, await CreateAsync(thief, "theft", new { path = 7, content = 8 }));
        Assert.Equal(400, await CreateAsync(thief, "theft", new { path = "../x", content = "eA==", encoding = "base64" }));
        Assert.Equal(400, await CreateAsync(thief, "theft", new { path = "x", content = "no base64!", encoding = "base64" }));
        Assert.Equal(422, await CreateAsync(thief, "theft", new { path = "a", content = "" }, new { path = "a/b", content = "" }));
        await RefusesAsync(thief, $"/api/models/{thief.Handle}/theft", HttpStatusCode.NotFound, "RepoNotFound");

        Assert.Equal(200, await CreateAsync(thief, "fine", new { path = "dir/x.txt", content = "eA==", encoding = "base64" }));
        Assert.Equal("x"u8.ToArray(), await hub.Nobody.ReadFileAsync($"{thief.Handle}/fine", "dir/x.txt"));
    }

    static async Task RefusesAsync(TestActor who, string address, HttpStatusCode status, string code)
    {
        var refused = await who.GetAsync(address);
        Assert.Equal(status, refused.StatusCode);
        Assert.Equal(code, refused.Headers.GetValues("X-Error-Code").Single());
        Assert.Equal("application/json", refused.Content.Headers.ContentType!.MediaType);
    }
}

public sealed class LifecycleTests_Sqlite(SqliteHub hub) : LifecycleTests(hub), IClassFixture<SqliteHub>;

public sealed class LifecycleTests_Postgres(PostgresHub hub) : LifecycleTests(hub), IClassFixture<PostgresHub>;
