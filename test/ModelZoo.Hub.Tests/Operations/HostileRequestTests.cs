using System.Net;

namespace ModelZoo.Hub.Tests.Operations;

public abstract class HostileRequestTests(TestHub hub)
{
    [Fact]
    public async Task Line_ends_in_addresses_and_ids_never_become_headers()
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var path in (string[])[
            $"/{repo}/resolve/main/x%0d%0aX-Injected:%201", $"/{repo}/resolve/x%0d%0aX-Injected:%201/a", "/api/models/a%0d%0aX-Injected:%201/b",
            $"/api/models/{repo}/commits/%0d%0aX-Injected:%201", $"/api/zoo/models/a%0d%0aX-Injected:%201/b/settings", "/%0d%0aX-Injected:%201"])
        {
            var answer = await RawConnection.AskAsync(hub.Url, $"GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nX-Request-Id: ok%0d%0aX-Injected\r\nUser-Agent: a\tb\r\n\r\n");
            var head = answer.Split("\r\n\r\n")[0];
            Assert.DoesNotContain("\r\nX-Injected", head, StringComparison.OrdinalIgnoreCase);
            Assert.Matches("^HTTP/1.1 (400|401|404)", head);
        }
    }

    [Fact]
    public async Task A_bare_line_end_inside_a_header_is_refused_by_the_server()
    {
        var answer = await RawConnection.AskAsync(hub.Url, "GET /health HTTP/1.1\r\nHost: hub\r\nUser-Agent: a\nX-Injected: 1\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("X-Injected", answer.Split("\r\n\r\n")[0]);
    }

    [Fact]
    public async Task A_body_that_is_longer_than_the_address_takes_is_refused_before_it_is_sent()
    {
        var answer = await RawConnection.AskAsync(hub.Url,
            $"POST /api/repos/create HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nAuthorization: Bearer {TestHub.AdministratorToken}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{{");
        Assert.StartsWith("HTTP/1.1 413", answer);
        Assert.Contains("\"error\":", answer);
    }

    [Fact]
    public async Task A_body_that_ends_before_its_length_creates_nothing()
    {
        var name = hub.Fresh("short");
        await using (var raw = await RawConnection.OpenAsync(hub.Url))
            await raw.SendAsync($"POST /api/repos/create HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {TestHub.AdministratorToken}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"name\":\"{name}\"}}");
        await Task.Delay(100);

        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"/api/models/ada/{name}")).StatusCode);
    }

    [Fact]
    public async Task An_unknown_address_is_told_so_in_json_with_headers_that_keep_browsers_safe()
    {
        foreach (var path in (string[])["/api/nothing", "/api/zoo/nothing"])
        {
            var answer = await hub.Nobody.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.EndsWith("json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.True(answer.Headers.Contains("X-Request-Id"));
        }
    }

    [Fact]
    public async Task A_renamed_repository_redirects_with_method_and_query_and_only_within_the_hub()
    {
        var owner = await hub.JoinAsync();
        var old = await owner.CreateAsync();
        var moved = $"{owner.Handle}/{hub.Fresh("renamed")}";
        await TestActor.ReadAsync(await owner.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = old, toRepo = moved, type = "model" }));

        await RedirectsAsync($"/{old}/resolve/main/.gitattributes?download=true&x=%2F", $"/{moved}/resolve/main/.gitattributes?download=true&x=%2F");
        await RedirectsAsync($"/api/models/{old.ToUpperInvariant()}/tree/main?recursive=true", $"/api/models/{moved}/tree/main?recursive=true");
        await RedirectsAsync($"/api/zoo/models/{old}/activity", $"/api/zoo/models/{moved}/activity");
        await RedirectsAsync($"/{old.Replace("repo", "%72epo")}/resolve/main/a%2Fb", $"/{moved}/resolve/main/a%2Fb");
        var posted = await owner.SendAsync(HttpMethod.Post, $"/api/models/{old}/branch/next", new { });
        Assert.Equal((307, $"/api/models/{moved}/branch/next"), ((int)posted.StatusCode, posted.Headers.Location!.OriginalString));
        var batch = await owner.SendAsync(HttpMethod.Post, $"/{old}.git/info/lfs/objects/batch", new { operation = "download", objects = Array.Empty<object>() });
        Assert.Equal((307, $"/{moved}.git/info/lfs/objects/batch"), ((int)batch.StatusCode, batch.Headers.Location!.OriginalString));

        var absolute = await RawConnection.AskAsync(hub.Url, $"GET http://evil.example/{old}/resolve/main/x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("Location: http", absolute);
        var doubled = await RawConnection.AskAsync(hub.Url, $"GET //evil.example/{old}/resolve/main/x HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("Location: //", doubled);

        var deleted = await owner.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = old, type = "model" });
        Assert.Equal(HttpStatusCode.NotFound, deleted.StatusCode);
        Assert.Contains(moved, await deleted.Content.ReadAsStringAsync());

        async Task RedirectsAsync(string from, string to)
        {
            var answer = await hub.Nobody.GetAsync(from);
            Assert.Equal((307, to), ((int)answer.StatusCode, answer.Headers.Location?.OriginalString));
        }
    }

    [Fact]
    public async Task An_old_name_of_a_private_repository_tells_strangers_nothing()
    {
        var (owner, stranger) = (await hub.JoinAsync(), await hub.JoinAsync());
        var old = await owner.CreateAsync(isPrivate: true);
        await owner.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = old, toRepo = $"{owner.Handle}/{hub.Fresh("hidden")}", type = "model" });

        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/models/{old}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.GetAsync($"/{old}/resolve/main/.gitattributes")).StatusCode);
        Assert.Equal(307, (int)(await owner.GetAsync($"/api/models/{old}")).StatusCode);
    }
}

public sealed class HostileRequestTests_Sqlite(SqliteHub hub) : HostileRequestTests(hub), IClassFixture<SqliteHub>;

public sealed class HostileRequestTests_Postgres(PostgresHub hub) : HostileRequestTests(hub), IClassFixture<PostgresHub>;
