using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ModelZoo.Hub.Tests.BadInput;

public abstract class BodyTests(TestHub hub)
{
    static readonly string[] s_bodies =
    [
        "", "null", "7", "[]", "\"text\"", "{", "{\"name\":}", "\u0001", "{\"name\":\"\\ud800\"}", "{\"\\udfff\":1}", "{\"name\":\"a\\u0000b\"}", "{\"name\":7,\"type\":[]}",
        "{\"name\":{\"a\":1},\"files\":[null],\"tag\":false,\"paths\":{\"a\":1},\"objects\":7,\"operation\":[]}", "{\"files\":[[]],\"paths\":[[],{},null,1],\"objects\":[[],{\"oid\":{}}]}",
        "{\"paths\":[\"\\ud800\"],\"files\":[{\"path\":\"\\ud800\"}]}", new string('[', 100_000), "{\"a\":" + new string('[', 31) + new string(']', 31) + "}",
        "{\"a\":" + string.Concat(Enumerable.Repeat("{\"a\":", 50_000)),
    ];

    static IEnumerable<(HttpMethod Method, string Address)> Endpoints(string repo) =>
    [
        (HttpMethod.Post, "/api/repos/create"), (HttpMethod.Delete, "/api/repos/delete"), (HttpMethod.Post, "/api/repos/move"), (HttpMethod.Put, $"/api/models/{repo}/settings"),
        (HttpMethod.Post, $"/api/models/{repo}/preupload/main"), (HttpMethod.Post, $"/api/models/{repo}/paths-info/main"), (HttpMethod.Post, $"/api/models/{repo}/tag/main"),
        (HttpMethod.Post, "/api/validate-yaml"), (HttpMethod.Post, $"/{repo}.git/info/lfs/objects/batch"), (HttpMethod.Post, $"/{repo}.git/info/lfs/objects/verify"),
        (HttpMethod.Post, $"/api/models/{repo}/commit/main"),
    ];

    [Fact]
    public async Task Whatever_json_is_sent_the_hub_answers_in_json_and_makes_no_error_of_its_own()
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var (method, address) in Endpoints(repo))
            foreach (var body in s_bodies.Select(Encoding.UTF8.GetBytes).Append([0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]))
            {
                var request = new HttpRequestMessage(method, address) { Content = new ByteArrayContent(body) { Headers = { { "Content-Type", "application/json" } } } };
                var response = await hub.Ada.Http.SendAsync(request);
                var shown = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(80, body.Length)));
                Assert.True((int)response.StatusCode < 500, $"{method} {address} {shown} answered {(int)response.StatusCode}");
                var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync());
                if ((int)response.StatusCode >= 400) Assert.True(answer!["error"] is not null || answer["errors"] is not null, $"{method} {address} {shown}");
            }
        Assert.Single((await hub.Ada.GetJsonAsync($"/api/models/{repo}/tree/main")).AsArray());
    }

    [Fact]
    public async Task Fifty_megabytes_are_too_much_for_a_small_call()
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var (method, address) in Endpoints(repo).Where(e => !e.Address.Contains("/commit/")).Take(8))
        {
            var head = $"{method} {address} HTTP/1.1\r\nAuthorization: Bearer {TestHub.AdministratorToken}\r\nContent-Type: application/json\r\nContent-Length: 50000000";
            var answer = await RawHttp.SendAsync(hub, head, Encoding.ASCII.GetBytes("{\"name\":\""));
            Assert.Equal((413, address), (answer.Status, address));
            Assert.NotNull(JsonNode.Parse(answer.Body)!["error"]);
        }
    }

    [Fact]
    public async Task Chunks_that_never_end_are_cut_off_at_the_limit()
    {
        var chunk = Encoding.ASCII.GetBytes("100000\r\n" + new string(' ', 0x100000) + "\r\n");
        using var client = await RawHttp.ConnectAsync(hub);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("POST /api/validate-yaml HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
        var sent = 0;
        try
        {
            for (; sent < 60; sent++) await stream.WriteAsync(chunk);
        }
        catch (IOException)
        {
            return;         // the hub hung up
        }
        var answer = await RawHttp.ReadAsync(stream);
        Assert.True(answer.Status is 413 or 0, $"{answer.Status}");
    }

    [Fact]
    public async Task Heads_beyond_all_measure_are_refused()
    {
        Assert.Equal(414, (await RawHttp.SendAsync(hub, $"GET /api/models?search={new string('x', 40_000)} HTTP/1.1")).Status);
        Assert.Equal(431, (await RawHttp.SendAsync(hub, $"GET /health HTTP/1.1\r\nX-Long: {new string('x', 100_000)}")).Status);
        Assert.Equal(431, (await RawHttp.SendAsync(hub, "GET /health HTTP/1.1\r\n" + string.Join("\r\n", Enumerable.Range(0, 500).Select(i => $"X-{i}: y")))).Status);
        Assert.Equal(413, (await RawHttp.SendAsync(hub, $"GET /api/models/{new string('x', 17_000)} HTTP/1.1")).Status);
        Assert.Equal(400, (await RawHttp.SendAsync(hub, "GET /health HTTP/1.1\r\nbad header")).Status);
        Assert.Equal(400, (await RawHttp.SendAsync(hub, "POST /api/validate-yaml HTTP/1.1\r\nContent-Length: -1")).Status);
        Assert.Equal(400, (await RawHttp.SendAsync(hub, "POST /api/validate-yaml HTTP/1.1\r\nTransfer-Encoding: chunked", "zz\r\n"u8.ToArray())).Status);
        var many = await RawHttp.SendAsync(hub, $"GET /api/models?{string.Join('&', Enumerable.Range(0, 5_000).Select(i => $"a={i % 10}"))} HTTP/1.1");
        Assert.True(many.Status is 200 or 400, $"{many.Status}");
    }

    [Fact]
    public async Task A_header_line_of_a_hundred_megabytes_is_cut_off()
    {
        using var client = await RawHttp.ConnectAsync(hub);
        var stream = client.GetStream();
        await stream.WriteAsync("GET /health HTTP/1.1\r\nX-Long: "u8.ToArray());
        var block = new byte[1_000_000];
        Array.Fill(block, (byte)'x');
        var sent = 0;
        try
        {
            for (; sent < 100; sent++) await stream.WriteAsync(block);
        }
        catch (IOException)
        {
            // refused while sending
        }
        Assert.True(sent < 100, "The hub read a header line of 100 MB.");
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync("/health")).StatusCode);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("multipart/form-data")]
    [InlineData("text/plain")]
    [InlineData("nonsense")]
    public async Task A_form_that_is_none_is_refused_in_json(string type)
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var address in new[] { "/api/validate-yaml", $"/api/models/{repo}/paths-info/main" })
            foreach (var body in new[] { "", "%%%=%%%&&&=", "--x\r\nbroken", string.Concat(Enumerable.Repeat("a=1&", 5_000)), "paths=" + new string('x', 100_000), "paths=%00&paths=%ff" })
            {
                var head = $"POST {address} HTTP/1.1\r\nContent-Type: {type}\r\nContent-Length: {body.Length}";
                var answer = await RawHttp.SendAsync(hub, head, Encoding.ASCII.GetBytes(body));
                Assert.True(answer.Status is >= 200 and < 500, $"{type} {address} {body[..Math.Min(20, body.Length)]} answered {answer.Status}: {answer.Body}");
            }
    }
}

public sealed class BodyTests_Sqlite(SqliteHub hub) : BodyTests(hub), IClassFixture<SqliteHub>;

public sealed class BodyTests_Postgres(PostgresHub hub) : BodyTests(hub), IClassFixture<PostgresHub>;

/// <summary>A hub that loses patience after a second rather than twenty.</summary>
public sealed class ImpatientHub : SqliteHub
{
    private protected override void AdjustServices(WebApplicationBuilder builder) =>
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MinRequestBodyDataRate = new(1_000, TimeSpan.FromSeconds(1.5)));
}

public sealed class SlowClientTests(ImpatientHub hub) : IClassFixture<ImpatientHub>
{
    [Fact]
    public async Task A_body_that_drips_is_cut_off_and_leaves_no_trace()
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);
        using var client = await RawHttp.ConnectAsync(hub);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/models/{repo}/commit/main HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TestHub.AdministratorToken}\r\nContent-Length: 100000\r\n\r\n"));
        var answer = RawHttp.ReadAsync(stream);
        try
        {
            for (var i = 0; i < 100 && !answer.IsCompleted; i++)
            {
                await stream.WriteAsync(" "u8.ToArray());
                await Task.Delay(100);
            }
        }
        catch (IOException)
        {
            // cut off
        }
        Assert.True(answer.IsCompleted, "The hub waited ten seconds.");
        Assert.True((await answer).Status is 0 or 408 or 503, $"{(await answer).Status}");
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
    }
}
