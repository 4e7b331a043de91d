using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ModelZoo.Conformance.Harness;
using static ModelZoo.Conformance.Harness.WireRepository;

namespace ModelZoo.Conformance;

/// <summary>Oddities of the API that break one client or another: encodings, links, redirects, identifiers, browsers.</summary>
public sealed class ApiWireTests(HubProcess hub)
{
    [Fact]
    public async Task The_Link_to_the_next_page_is_absolute_keeps_the_query_and_is_absent_on_the_last()
    {
        var repo = await CreateAsync(hub, "wire-link");
        await repo.CommitAsync([.. Enumerable.Range(0, 5).Select(i => ($"f{i}.txt", $"{i}"))]);
        using var first = await hub.Client.GetAsync($"{repo.Api}/commits/main?limit=1");
        Assert.Equal("2", Raw(first, "X-Total-Count"));
        var link = Raw(first, "Link")!;
        Assert.Matches($"^<{hub.Url}/[^>]+>; rel=\"next\"$", link);
        Assert.Contains("limit=1", link, StringComparison.Ordinal);
        using var second = await hub.Client.GetAsync(link[1..link.IndexOf('>', StringComparison.Ordinal)]);
        Assert.Single((await JsonOf(second)).EnumerateArray());
        Assert.Null(Raw(second, "Link"));
    }

    [Fact]
    public async Task Addresses_follow_the_host_the_client_used()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/repos/create")
        {
            Content = JsonContent.Create(new { name = $"wire-host-{Guid.NewGuid():n}" }),
        };
        request.Headers.Host = "zoo.example.org:8443";
        using var answer = await hub.Client.SendAsync(request);
        Assert.StartsWith("http://zoo.example.org:8443/ada/wire-host-", (await JsonOf(answer)).GetProperty("url").GetString());
    }

    [Fact]
    public async Task A_second_create_is_409_with_the_address()
    {
        var repo = await CreateAsync(hub, "wire-409");
        using var answer = await hub.Client.PostAsJsonAsync("/api/repos/create", new { name = repo.Id.Split('/')[1] });
        await HasStatus(answer, HttpStatusCode.Conflict);
        Assert.Equal($"{hub.Url}/{repo.Id}", (await JsonOf(answer)).GetProperty("url").GetString());
    }

    [Fact]
    public async Task A_renamed_repository_redirects_with_307_and_a_relative_location()
    {
        var repo = await CreateAsync(hub, "wire-old");
        await repo.CommitAsync(("a.txt", "a"));
        var moved = repo.Id + "-new";
        using var move = await hub.Client.PostAsJsonAsync("/api/repos/move", new { fromRepo = repo.Id, toRepo = moved, type = "model" });
        await HasStatus(move, HttpStatusCode.OK);
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Head, "/{0}/resolve/main/a.txt"), (HttpMethod.Get, "/{0}/resolve/main/a.txt?download=true"), (HttpMethod.Get, "/{0}/raw/main/a.txt"),
            (HttpMethod.Get, "/api/models/{0}"), (HttpMethod.Get, "/api/models/{0}/tree/main?recursive=true"),
        })
        {
            using var answer = await hub.Client.SendAsync(new(method, string.Format(path, repo.Id)));
            await HasStatus(answer, HttpStatusCode.TemporaryRedirect);
            Assert.Equal(string.Format(path, moved), Raw(answer, "Location"));
        }
    }

    [Theory]
    [InlineData("paths=a.txt&paths=none&expand=False", "application/x-www-form-urlencoded")]
    [InlineData("paths=a.txt&paths=none&expand=true", "application/x-www-form-urlencoded")]
    [InlineData("{\"paths\":[\"a.txt\",\"none\"],\"expand\":false}", "application/json")]
    [InlineData("{\"paths\":[\"a.txt\",\"none\"]}", "application/json")]
    public async Task Paths_info_takes_forms_and_JSON(string body, string type)
    {
        var repo = await CreateAsync(hub, "wire-paths");
        await repo.CommitAsync(("a.txt", "a"));
        using var answer = await hub.NewClient(token: null).PostAsync($"{repo.Api}/paths-info/main", new StringContent(body, Encoding.UTF8, type));
        await HasStatus(answer, HttpStatusCode.OK);
        var entry = Assert.Single((await JsonOf(answer)).EnumerateArray());
        Assert.Equal("a.txt", entry.GetProperty("path").GetString());
        Assert.Equal(body.Contains("true", StringComparison.Ordinal), entry.TryGetProperty("lastCommit", out _));
        Assert.False(entry.TryGetProperty("lfs", out _), "lfs must be absent, not null");
    }

    [Theory]
    [InlineData("---\nlicense: mit\n---\n", 200, 0, 0)]
    [InlineData("# no front matter", 200, 0, 1)]
    [InlineData("---\nlicense: nothing-known\n---\n", 400, 1, 0)]
    public async Task Validate_yaml_takes_forms_and_JSON_and_always_answers_JSON(string content, int status, int errors, int warnings)
    {
        using var anonymous = hub.NewClient(token: null);
        foreach (var body in new HttpContent[]
        {
            JsonContent.Create(new { content, repoType = "model" }),
            new FormUrlEncodedContent(new Dictionary<string, string> { ["content"] = content, ["repoType"] = "model" }),
        })
        {
            using var answer = await anonymous.PostAsync("/api/validate-yaml", body);
            await HasStatus(answer, (HttpStatusCode)status);
            var json = await JsonOf(answer);
            Assert.Equal((errors, warnings), (json.GetProperty("errors").GetArrayLength(), json.GetProperty("warnings").GetArrayLength()));
        }
    }

    [Fact]
    public async Task An_unknown_expand_lists_the_known_ones_in_brackets()
    {
        using var answer = await hub.Client.GetAsync("/api/models?limit=1&expand[]=nothing");
        await HasStatus(answer, HttpStatusCode.BadRequest);
        Assert.Matches("\"expand\" must be one of \\[.*downloads.*\\]", (await JsonOf(answer)).GetProperty("error").GetString()!);
    }

    [Fact]
    public async Task Every_answer_has_a_request_id_that_follows_the_clients()
    {
        using var own = new HttpRequestMessage(HttpMethod.Get, "/api/whoami-v2");
        own.Headers.Add("X-Request-Id", "mine-1");
        using var echoed = await hub.Client.SendAsync(own);
        Assert.Equal("mine-1", Raw(echoed, "X-Request-Id"));
        using var traced = new HttpRequestMessage(HttpMethod.Get, "/api/models/ada/none");
        traced.Headers.Add("X-Amzn-Trace-Id", "trace-2");
        using var followed = await hub.Client.SendAsync(traced);
        Assert.Contains("trace-2", Raw(followed, "X-Request-Id"), StringComparison.Ordinal);
        using var injected = new HttpRequestMessage(HttpMethod.Get, "/api/whoami-v2");
        injected.Headers.TryAddWithoutValidation("X-Request-Id", new string('x', 5000));
        using var bounded = await hub.Client.SendAsync(injected);
        Assert.True(Raw(bounded, "X-Request-Id")!.Length < 1000);
    }

    [Fact]
    public async Task An_invalid_token_has_its_exact_words_and_no_error_code()
    {
        var repo = await CreateAsync(hub, "wire-token");
        await repo.CommitAsync(("a.txt", "a"));
        using var client = hub.NewClient("hf_NeverGivenToAnybody00000000000000000");
        foreach (var path in new[] { "/api/whoami-v2", repo.Api, $"/{repo.Id}/resolve/main/a.txt" })
        {
            using var answer = await client.GetAsync(path);
            await HasStatus(answer, HttpStatusCode.Unauthorized);
            Assert.Equal("Invalid credentials in Authorization header", Raw(answer, "X-Error-Message"));
            Assert.Null(Raw(answer, "X-Error-Code"));
            var body = await answer.Content.ReadAsStringAsync();
            Assert.Contains("Invalid credentials in Authorization header", body, StringComparison.Ordinal);
            Assert.DoesNotContain("hf_Never", body, StringComparison.Ordinal);
        }
        using var nobody = hub.NewClient(token: null);
        using var who = await nobody.GetAsync("/api/whoami-v2");
        await HasStatus(who, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("/api/datasets/gpt2")]
    [InlineData("/api/models/gpt2")]
    [InlineData("/gpt2/resolve/main/README.md")]
    public async Task An_id_of_one_segment_is_a_missing_repository(string path)
    {
        using var answer = await hub.Client.GetAsync(path);
        await HasStatus(answer, HttpStatusCode.NotFound);
        Assert.Equal("RepoNotFound", Raw(answer, "X-Error-Code"));
        using var nobody = hub.NewClient(token: null);
        using var refused = await nobody.GetAsync(path);
        await HasStatus(refused, HttpStatusCode.Unauthorized);
        Assert.Equal("RepoNotFound", Raw(refused, "X-Error-Code"));
    }

    [Fact]
    public async Task Browsers_may_read_and_see_the_headers_they_need()
    {
        var repo = await CreateAsync(hub, "wire-cors");
        await repo.CommitAsync(("a.txt", "a"));
        foreach (var path in new[] { repo.Api, $"/{repo.Id}/resolve/main/a.txt", $"/{repo.Id}/raw/main/a.txt" })
        {
            using var preflight = new HttpRequestMessage(HttpMethod.Options, path);
            preflight.Headers.Add("Origin", "https://app.example");
            preflight.Headers.Add("Access-Control-Request-Method", "GET");
            preflight.Headers.Add("Access-Control-Request-Headers", "authorization, range");
            using var nobody = hub.NewClient(token: null);
            using var allowed = await nobody.SendAsync(preflight);
            Assert.True((int)allowed.StatusCode is 200 or 204, $"{(int)allowed.StatusCode} {path}");
            Assert.Contains(Raw(allowed, "Access-Control-Allow-Origin"), new[] { "*", "https://app.example" });
            Assert.Contains("range", Raw(allowed, "Access-Control-Allow-Headers")!, StringComparison.OrdinalIgnoreCase);

            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Origin", "https://app.example");
            using var answer = await nobody.SendAsync(request);
            Assert.Contains(Raw(answer, "Access-Control-Allow-Origin"), new[] { "*", "https://app.example" });
            foreach (var header in new[] { "X-Repo-Commit", "X-Error-Code", "ETag", "Link", "Content-Range", "X-Linked-Size", "X-Total-Count" })
                Assert.Contains(header, Raw(answer, "Access-Control-Expose-Headers")!, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Calls_that_clients_make_at_their_start_are_harmless()
    {
        using var nobody = hub.NewClient(token: null);
        using var harnesses = await nobody.GetAsync("/api/agent-harnesses");
        Assert.True((int)harnesses.StatusCode is 200 or 404);
        await JsonOf(harnesses);
        using var telemetry = await nobody.SendAsync(new(HttpMethod.Head, "/api/telemetry/some/where"));
        Assert.True((int)telemetry.StatusCode < 500);
    }

    [Fact]
    public async Task Dates_are_UTC_with_a_Z_and_absent_things_are_left_out()
    {
        var repo = await CreateAsync(hub, "wire-dates");
        using var answer = await hub.Client.GetAsync(repo.Api);
        var info = await JsonOf(answer);
        foreach (var name in new[] { "createdAt", "lastModified" })
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", info.GetProperty(name).GetString()!);
        Assert.Equal(JsonValueKind.False, info.GetProperty("gated").ValueKind);
        foreach (var name in new[] { "author", "cardData", "runtime", "safetensors" })
            Assert.False(info.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Null, $"{name} is null instead of absent");
        Assert.Matches("^[0-9a-f]{24}$", info.GetProperty("_id").GetString()!);
    }
}
