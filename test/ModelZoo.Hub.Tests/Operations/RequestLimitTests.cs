using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ModelZoo.Hub.Tests.Operations;

/// <summary>A hub whose patience is short.</summary>
public sealed class StrictHub : SqliteHub
{
    private protected override void Adjust(HubOptions options)
    {
        (options.Limits.RequestsPerMinute, options.Limits.AnonymousRequestsPerMinute, options.Limits.SignInsPerMinute) = (20, 12, 4);
        (options.Limits.HeaderSeconds, options.Limits.SlowBodySeconds) = (1, 2);
    }
}

/// <summary>One test: the allowance is one minute's, and the parts use it up in turn.</summary>
public sealed class RequestLimitTests(StrictHub hub) : IClassFixture<StrictHub>
{
    [Fact]
    public async Task Whoever_asks_too_often_is_told_when_to_come_back_in_the_endpoints_dialect_and_nobody_else_is()
    {
        var (busy, calm) = (await hub.JoinAsync(), await hub.JoinAsync());

        var api = await UntilRefusedAsync(() => busy.GetAsync("/api/whoami-v2"), 20);
        Assert.Matches("^\"api\";r=0;t=[0-9]+$", api.Headers.GetValues("RateLimit").Single());
        Assert.Equal("\"fixed window\";\"api\";q=20;w=60", api.Headers.GetValues("RateLimit-Policy").Single());
        Assert.InRange(api.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains("\"error\":", await api.Content.ReadAsStringAsync());
        Assert.Equal("application/problem+json", (await busy.GetAsync("/api/zoo/me")).Content.Headers.ContentType!.MediaType);
        var lfs = await busy.SendAsync(HttpMethod.Post, "/a/b.git/info/lfs/objects/batch", new { });
        Assert.Equal((HttpStatusCode.TooManyRequests, "application/vnd.git-lfs+json"), (lfs.StatusCode, lfs.Content.Headers.ContentType!.MediaType));
        Assert.Equal(HttpStatusCode.OK, (await calm.GetAsync("/api/whoami-v2")).StatusCode);

        // Where tokens are made the allowance is smaller, whoever asks.
        var mint = await UntilRefusedAsync(() => calm.SendAsync(HttpMethod.Post, "/api/zoo/tokens", new { name = "x", role = "read" }), 4);
        Assert.Contains("\"sign-in\"", mint.Headers.GetValues("RateLimit").Single());
        Assert.Equal("slow_down", System.Text.Json.Nodes.JsonNode.Parse(await (await hub.Nobody.Http.PostAsync("/oauth/device",
            new FormUrlEncodedContent([new("client_id", "x")]))).Content.ReadAsStringAsync())!["error"]!.GetValue<string>());

        // Wrong tokens count against the network they come from.
        var guessing = new TestActor(hub, "hf_thisisnotatoken0123456789abcdefgh", "x");
        await UntilRefusedAsync(() => guessing.GetAsync("/api/whoami-v2"), 12, HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await hub.Nobody.GetAsync("/api/models/a/b")).StatusCode);
        for (var i = 0; i < 30; i++) Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync("/health")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync("/metrics")).StatusCode);
        // Signed addresses were counted when they were given out.
        Assert.Equal(HttpStatusCode.Forbidden, (await hub.Nobody.Http.PutAsync("/api/uploads/000000000000000000000001", new ByteArrayContent([1]))).StatusCode);
    }

    [Fact]
    public async Task A_client_that_dribbles_its_headers_is_cut_off()
    {
        await using var raw = await RawConnection.OpenAsync(hub.Url);
        await raw.SendAsync("GET /health HTTP/1.1\r\nHost: hub\r\nX-Slow: ");

        var answer = await raw.ReadToEndAsync(TimeSpan.FromSeconds(15));

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task A_client_that_dribbles_its_body_is_cut_off_and_leaves_no_trace()
    {
        await using var raw = await RawConnection.OpenAsync(hub.Url);
        await raw.SendAsync($"POST /api/repos/create HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {TestHub.AdministratorToken}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"name\":");

        var answer = await raw.ReadToEndAsync(TimeSpan.FromSeconds(30));

        Assert.StartsWith("HTTP/1.1 408", answer);
        Assert.Contains("too slowly", answer);
    }

    static async Task<HttpResponseMessage> UntilRefusedAsync(Func<Task<HttpResponseMessage>> ask, int allowance, HttpStatusCode before = HttpStatusCode.OK)
    {
        for (var i = 0; i <= allowance; i++)
        {
            var answer = await ask();
            if (answer.StatusCode == HttpStatusCode.TooManyRequests) return answer;
            Assert.Equal(before, answer.StatusCode);
        }
        throw new Xunit.Sdk.XunitException($"{allowance + 1} requests were let through.");
    }
}
