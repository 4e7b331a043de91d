using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Client;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Tests.Accounts;

public abstract class TokenTests(TestHub hub)
{
    [Fact]
    public async Task A_token_made_over_the_api_works_shows_in_the_list_and_stops_at_once_when_revoked()
    {
        var owner = await hub.JoinAsync();
        using var zoo = new ZooClient(new ZooClientOptions { Endpoint = new(hub.Url), Token = owner.Token });

        var made = await zoo.CreateTokenAsync(new("laptop", "write", ExpiresInDays: 30));
        var laptop = new TestActor(hub, made.Token, owner.Handle);
        Assert.Equal("laptop", (await laptop.GetJsonAsync("/api/whoami-v2"))["auth"]!["accessToken"]!["displayName"]!.GetValue<string>());
        var listed = Assert.Single(await zoo.ListTokensAsync(), token => token.Id == made.Id);
        Assert.Equal(("laptop", "write"), (listed.Name, listed.Role));
        Assert.NotNull(listed.LastUsedAt);
        Assert.InRange((listed.ExpiresAt!.Value - DateTimeOffset.UtcNow).TotalDays, 29, 31);
        Assert.DoesNotContain(made.Token, await (await owner.GetAsync("/api/zoo/tokens")).Content.ReadAsStringAsync());

        await zoo.RevokeTokenAsync(made.Id);

        Assert.Equal(HttpStatusCode.Unauthorized, (await laptop.GetAsync("/api/whoami-v2")).StatusCode);
        Assert.DoesNotContain(await zoo.ListTokensAsync(), token => token.Id == made.Id);
        Assert.Equal(404, (await Assert.ThrowsAsync<ZooApiException>(() => zoo.RevokeTokenAsync(made.Id))).Status);
    }

    [Fact]
    public async Task A_handle_and_password_make_a_token_and_a_wrong_password_does_not()
    {
        using var zoo = new ZooClient(new ZooClientOptions { Endpoint = new(hub.Url) });

        var made = await zoo.CreateTokenAsync(new("by password", "read"), "Ada", "correct horse battery");
        var refused = await Assert.ThrowsAsync<ZooApiException>(() => zoo.CreateTokenAsync(new("by guess", "read"), "ada", "wrong"));

        Assert.Equal(HttpStatusCode.OK, (await new TestActor(hub, made.Token, "ada").GetAsync("/api/whoami-v2")).StatusCode);
        Assert.Equal(401, refused.Status);
    }

    [Fact]
    public async Task A_read_token_reads_private_things_and_changes_nothing()
    {
        var owner = await hub.JoinAsync();
        var repo = await owner.CreateAsync(isPrivate: true);
        var reading = await TokenAsync(owner, new { name = "r", role = "read" });

        Assert.Equal(HttpStatusCode.OK, (await reading.GetAsync($"/api/models/{repo}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await reading.TryCommitAsync(TestActor.Api(repo), "x", null, TestActor.File("a", "b"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await reading.SendAsync(HttpMethod.Post, "/api/repos/create", new { name = "new" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await reading.SendAsync(HttpMethod.Post, "/api/zoo/tokens", new { name = "more", role = "write" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await reading.GetAsync("/api/zoo/tokens")).StatusCode);
    }

    [Fact]
    public async Task A_fine_grained_token_touches_its_repositories_only()
    {
        var owner = await hub.JoinAsync();
        var (mine, other, data) = (await owner.CreateAsync(isPrivate: true), await owner.CreateAsync(isPrivate: true), await owner.CreateAsync(type: "dataset", isPrivate: true));
        var writing = await TokenAsync(owner, new { name = "w", role = "fineGrained", repositories = new[] { mine } });
        var reading = await TokenAsync(owner, new { name = "r", role = "fineGrained", access = "read", repositories = new[] { mine, $"datasets/{data}" } });

        Assert.Equal(HttpStatusCode.OK, (await writing.TryCommitAsync(TestActor.Api(mine), "x", null, TestActor.File("a", "b"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await writing.GetAsync($"/api/models/{other}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await writing.GetAsync($"/api/datasets/{data}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await reading.GetAsync($"/api/models/{mine}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await reading.GetAsync($"/api/datasets/{data}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await reading.TryCommitAsync(TestActor.Api(mine), "x", null, TestActor.File("a", "c"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await writing.SendAsync(HttpMethod.Post, "/api/repos/create", new { name = "new" })).StatusCode);
        var listed = (await owner.GetJsonAsync("/api/zoo/tokens")).AsArray().Single(t => t!["name"]!.GetValue<string>() == "r")!;
        Assert.Equal([mine, $"datasets/{data}"], listed["repositories"]!.AsArray().Select(r => r!.GetValue<string>()).Order().OrderBy(r => r.StartsWith("datasets/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_expired_token_is_refused_even_on_public_things_with_the_words_clients_look_for()
    {
        var owner = await hub.JoinAsync();
        var repo = await owner.CreateAsync();
        var made = await TestActor.ReadAsync(await owner.SendAsync(HttpMethod.Post, "/api/zoo/tokens", new { name = "short", role = "write", expiresInDays = 1 }));
        var token = new TestActor(hub, made["token"]!.GetValue<string>(), owner.Handle);
        Assert.Equal(HttpStatusCode.OK, (await token.GetAsync($"/api/models/{repo}")).StatusCode);

        await hub.Get<HubDatabase>().ExecuteAsync("update token set expires_at = 1 where name = 'short'", null, default);

        foreach (var path in (string[])[$"/api/models/{repo}", $"/{repo}/resolve/main/.gitattributes", "/api/whoami-v2"])
        {
            var refused = await token.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Equal("""{"error":"Invalid credentials in Authorization header"}""", await refused.Content.ReadAsStringAsync());
            Assert.Equal("Invalid credentials in Authorization header", refused.Headers.GetValues("X-Error-Message").Single());
            Assert.False(refused.Headers.Contains("X-Error-Code"));
        }
    }

    [Fact]
    public async Task Nonsense_in_the_authorization_header_is_refused_and_never_echoed()
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var header in (string[])["Bearer hf_doesnotexist0123456789abcdefgh", "Bearer", "Basic !!!", "Basic bm9jb2xvbg==", "Digest x", "Bearer " + new string('x', 5000)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/models/{repo}");
            request.Headers.TryAddWithoutValidation("Authorization", header);
            var refused = await hub.Nobody.Http.SendAsync(request);

            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.DoesNotContain("doesnotexist", await refused.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Wishes_that_make_no_sense_are_refused_as_problems()
    {
        var owner = await hub.JoinAsync();
        object[] wishes =
        [
            new { name = "", role = "read" }, new { name = "x", role = "admin" }, new { name = "x", role = "fineGrained" },
            new { name = "x", role = "read", expiresInDays = 0 }, new { name = "x", role = "read", repositories = new[] { "a/b" } },
            new { name = "two\nlines", role = "read" }, new { name = new string('x', 101), role = "read" }, new { name = "x", role = "fineGrained", repositories = new[] { "alone" } },
        ];
        foreach (var wish in wishes)
        {
            var refused = await owner.SendAsync(HttpMethod.Post, "/api/zoo/tokens", wish);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
            var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!;
            Assert.Equal(400, problem["status"]!.GetValue<int>());
            Assert.NotEmpty(problem["detail"]!.GetValue<string>());
        }
        var broken = await owner.Http.PostAsync("/api/zoo/tokens", new StringContent("{\"name\": 5", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, broken.StatusCode);
        Assert.DoesNotContain("NewTokenRequest", await broken.Content.ReadAsStringAsync());
    }

    async Task<TestActor> TokenAsync(TestActor owner, object wish) =>
        new(hub, (await TestActor.ReadAsync(await owner.SendAsync(HttpMethod.Post, "/api/zoo/tokens", wish)))["token"]!.GetValue<string>(), owner.Handle);
}

public sealed class TokenTests_Sqlite(SqliteHub hub) : TokenTests(hub), IClassFixture<SqliteHub>;

public sealed class TokenTests_Postgres(PostgresHub hub) : TokenTests(hub), IClassFixture<PostgresHub>;
