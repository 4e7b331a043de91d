using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.BadInput;

public abstract class PathTests(TestHub hub)
{
    public static TheoryData<string> BadPaths() => new(
        "..", ".", "a/..", "a/../b", "../../etc/passwd", "/etc/passwd", "a/", "a//b", "a\0b", "a\nb", "a\r\nX-Injected: 1", "\t", "a\u007f", ".git", ".GIT/config", "a/.git/hooks/x",
        ".git \u200c", "git~1", ".git::$INDEX_ALLOCATION", "..\\x", "a\\..\\b", "evil\u202etxt.exe", new string('x', 256), string.Join('/', Enumerable.Repeat("d", 129)),
        string.Join('/', Enumerable.Repeat("d", 10_000)), new string('ü', 200), string.Join('/', Enumerable.Repeat(new string('y', 200), 30)));

    [Theory]
    [MemberData(nameof(BadPaths))]
    public async Task A_bad_path_is_refused_wherever_a_path_is_taken(string path)
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);
        var oid = new string('0', 64);
        foreach (var operation in new object[]
        {
            TestActor.File(path, "x"), TestActor.Large(path, oid, 1), new { key = "file", value = new { path = "fine.txt", content = "", encoding = "base64", oldPath = path } },
        })
        {
            var refused = await hub.Ada.TryCommitAsync($"/api/models/{repo}", "bad", null, operation);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            Assert.False(refused.Headers.Contains("X-Injected"));
            Assert.StartsWith("Line 2: ", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!.GetValue<string>());
        }
        Assert.NotEqual(HttpStatusCode.OK, (await hub.Ada.TryCommitAsync($"/api/models/{repo}", "bad", null, TestActor.Delete(path))).StatusCode);
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/preupload/main", new { files = new[] { new { path, size = 1, sample = "" } } })).StatusCode);
        Assert.DoesNotContain((await hub.Ada.PostJsonAsync($"/api/models/{repo}/paths-info/main", new { paths = new[] { path } })).AsArray(), e => e!["path"]!.GetValue<string>() == path);
    }

    [Fact]
    public async Task The_deepest_and_longest_legal_paths_work()
    {
        var repo = await hub.Ada.CreateAsync();
        var deep = string.Join('/', Enumerable.Repeat("d", 128));
        var wide = new string('x', 255);
        var large = string.Join('/', Enumerable.Range(0, 16).Select(i => new string((char)('a' + i), 255)));       // 4,095 bytes
        await hub.Ada.CommitAsync(repo, TestActor.File(deep, "deep"), TestActor.File(wide, "wide"), TestActor.File(large, "large"));

        foreach (var (path, text) in new[] { (deep, "deep"), (wide, "wide"), (large, "large") })
            Assert.Equal(text, Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, path)));
        Assert.Equal(127 + 15 + 4, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true&expand=false")).AsArray().Count);
    }

    [Theory]
    [InlineData("GET /{repo}/resolve/main/../../../etc/passwd HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/%2e%2e/%2e%2e/etc/passwd HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/..%2f..%2fetc%2fpasswd HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/%00 HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/a%0d%0aX-Injected:%201 HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main%0d%0aX-Injected:%201/a HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/%ff%fe HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/%ED%A0%80 HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/%EF%B7%90 HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/%zz HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main//.gitattributes HTTP/1.1")]
    [InlineData("GET //{repo}/resolve/main/.gitattributes HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/ HTTP/1.1")]
    [InlineData("GET /{repo}/resolve/main/ HTTP/1.1")]
    [InlineData("GET /api/models/%2e%2e/%2e%2e HTTP/1.1")]
    [InlineData("GET /api/models/a%00b/c HTTP/1.1")]
    [InlineData("GET /api/models/{repo}/tree/main/%2e%2e HTTP/1.1")]
    [InlineData("GET /api/models/{repo}/revision/%00 HTTP/1.1")]
    [InlineData("GET /api/models/{repo}/revision/refs/heads/../../x HTTP/1.1")]
    [InlineData("GET /\\..\\..\\windows HTTP/1.1")]
    public async Task A_path_trick_in_the_address_is_refused_and_injects_nothing(string line)
    {
        var repo = await hub.Ada.CreateAsync();
        var answer = await RawHttp.SendAsync(hub, line.Replace("{repo}", repo));
        Assert.True(answer.Status is 400 or 401 or 404, $"{answer.Status} {answer.Body}");
        Assert.Null(answer.Header("X-Injected"));
        Assert.DoesNotContain("root:", answer.Body);
    }

    [Theory]
    [InlineData("summary\r\nX-Injected: 1")]
    [InlineData("\u001b[31mred\u001b[0m")]
    [InlineData("nul\0nul")]
    public async Task Control_characters_in_texts_reach_no_header(string text)
    {
        var repo = await hub.Ada.CreateAsync();
        var answer = await TestActor.ReadAsync(await hub.Ada.TryCommitAsync($"/api/models/{repo}", text, null, TestActor.File("a", "x")));
        Assert.NotNull(answer["commitOid"]);
        Assert.Equal(2, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/main")).AsArray().Count);
        var refused = await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/x", new { startingPoint = text });
        Assert.False(refused.Headers.Contains("X-Injected"));
        Assert.True((int)refused.StatusCode is 400 or 404);
    }

    [Theory]
    [InlineData("X-Request-Id", "abc-123", true)]
    [InlineData("X-Request-Id", "a b", false)]
    [InlineData("X-Request-Id", "<script>", false)]
    [InlineData("X-Amzn-Trace-Id", "1-2-3", true)]
    public async Task A_request_id_is_echoed_when_it_is_harmless(string name, string value, bool echoed)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.TryAddWithoutValidation(name, value);
        var id = (await hub.Nobody.Http.SendAsync(request)).Headers.GetValues("X-Request-Id").Single();
        Assert.Equal(echoed, id == value);
        Assert.NotEmpty(id);
    }
}

public sealed class PathTests_Sqlite(SqliteHub hub) : PathTests(hub), IClassFixture<SqliteHub>;

public sealed class PathTests_Postgres(PostgresHub hub) : PathTests(hub), IClassFixture<PostgresHub>;
