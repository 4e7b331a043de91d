using System.Net;
using System.Text;
using System.Text.Json;
using ModelZoo.Hub.Tests.BadInput;

namespace ModelZoo.Hub.Tests.Repositories;

public abstract class CommitBodyTests(TestHub hub)
{
    const string Header = """{"key":"header","value":{"summary":"s"}}""";
    const string File = """{"key":"file","value":{"path":"a.txt","content":"eA==","encoding":"base64"}}""";

    Task<HttpResponseMessage> PostAsync(string repo, string body) =>
        hub.Ada.Http.PostAsync($"/api/models/{repo}/commit/main", new StringContent(body, Encoding.UTF8, "application/x-ndjson"));

    async Task RefusesAsync(string body, HttpStatusCode status, string words)
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);

        var refused = await PostAsync(repo, body);

        var text = await refused.Content.ReadAsStringAsync();
        Assert.True(status == refused.StatusCode, $"{refused.StatusCode}: {text}");
        Assert.Contains(words, JsonDocument.Parse(text).RootElement.GetProperty("error").GetString());
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
        Assert.Single((await hub.Ada.GetJsonAsync($"/api/models/{repo}/tree/main")).AsArray());
    }

    [Theory]
    [InlineData(Header + "\n" + File)]
    [InlineData(Header + "\n" + File + "\n")]
    [InlineData("\n\r\n  \n" + Header + "\r\n\r\n" + File + "\r\n\n\n")]
    [InlineData(Header + "\n" + """{"key":"file","value":{"path":"a.txt","content":"x","encoding":"utf-8"}}""")]
    [InlineData(Header + "\n" + """{"value":{"encoding":"base64","oldPath":"a.txt","path":"a.txt","content":"eA=="},"unknown":1,"key":"file"}""")]
    public async Task Newlines_blank_lines_and_the_order_of_fields_do_not_matter(string body)
    {
        var repo = await hub.Ada.CreateAsync();
        await TestActor.ReadAsync(await PostAsync(repo, body));
        Assert.Equal("x"u8.ToArray(), await hub.Nobody.ReadFileAsync(repo, "a.txt"));
    }

    [Theory]
    [InlineData("", "no header")]
    [InlineData(File, "first line")]
    [InlineData(File + "\n" + Header, "first line")]
    [InlineData(Header + "\n" + Header, "Line 2: a commit has one header")]
    [InlineData(Header + "\n" + """{"key":"copyFile","value":{"path":"a"}}""", "unknown operation \"copyFile\"")]
    [InlineData(Header + "\n\n{\"key\":", "Line 3 is not valid JSON")]
    [InlineData(Header + "\n[1]", "Line 2 must be an object")]
    [InlineData(Header + "\n\"text\"", "Line 2 must be an object")]
    [InlineData(Header + "\n{\"key\":\"file\"}", "Line 2 must be an object")]
    [InlineData(Header + "\n{\"key\":7,\"value\":{}}", "Line 2 must be an object")]
    [InlineData(Header + "\n" + """{"key":"file","value":{"path":"a.txt","content":"e$A=","encoding":"base64"}}""", "not valid base64")]
    [InlineData(Header + "\n" + """{"key":"file","value":{"path":"a.txt","content":"eA","encoding":"base64"}}""", "not valid base64")]
    [InlineData(Header + "\n" + """{"key":"file","value":{"path":"a.txt","content":"x","encoding":"utf-16"}}""", "\"encoding\" must be")]
    [InlineData(Header + "\n" + """{"key":"file","value":{"path":"a.txt","content":7,"encoding":"base64"}}""", "\"content\" is required")]
    [InlineData(Header + "\n" + """{"key":"file","value":{"path":"a.txt","content":"\ud800","encoding":"utf-8"}}""", "not Unicode")]
    [InlineData(Header + "\n" + """{"key":"lfsFile","value":{"path":"a","algo":"md5","oid":"00","size":1}}""", "\"algo\" must be sha256")]
    [InlineData(Header + "\n" + """{"key":"lfsFile","value":{"path":"a","algo":"sha256","oid":"00","size":1}}""", "64 lowercase hex digits")]
    [InlineData("""{"key":"header","value":{"summary":""}}""", "\"summary\" must not be empty")]
    [InlineData("""{"key":"header","value":{"summary":"\udfff"}}""", "not Unicode")]
    [InlineData("""{"key":"header","value":{"summary":"s","parentCommit":"abc"}}""", "40 hex digits")]
    [InlineData("""{"key":"header","value":{"summary":"s","parentCommit":"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}}""", "40 hex digits")]
    public Task A_malformed_body_is_refused_with_the_line_and_leaves_no_trace(string body, string words) => RefusesAsync(body, HttpStatusCode.BadRequest, words);

    [Theory]
    [InlineData("\"path\":\"\"")]
    [InlineData("\"path\":7")]
    [InlineData("\"path\":null")]
    [InlineData("\"nopath\":\"a\"")]
    [InlineData("\"path\":\"a.txt\",\"oldPath\":\"../x\"")]
    public Task A_path_that_is_none_is_refused(string field) =>
        RefusesAsync(Header + "\n{\"key\":\"file\",\"value\":{" + field + ",\"content\":\"eA==\",\"encoding\":\"base64\"}}", HttpStatusCode.UnprocessableEntity, "Line 2: ");

    [Fact]
    public async Task Limits_are_said_in_words()
    {
        await RefusesAsync($$$"""{"key":"header","value":{"summary":"{{{new string('s', 1_001)}}}"}}""", HttpStatusCode.BadRequest, "at most 1000");
        await RefusesAsync($$$"""{"key":"header","value":{"summary":"s","description":"{{{new string('d', 70_000)}}}"}}""", HttpStatusCode.BadRequest, "at most 65536");
        await RefusesAsync(Header + "\n" + string.Concat(Enumerable.Repeat("[", 5_000)), HttpStatusCode.BadRequest, "Line 2 is not valid JSON");
        var tooLong = Convert.ToBase64String(new byte[10_000_001]);
        await RefusesAsync($$$"""{{{Header}}}{{{"\n"}}}{"key":"file","value":{"path":"big.txt","content":"{{{tooLong}}}","encoding":"base64"}}""",
            HttpStatusCode.RequestEntityTooLarge, "files above 10000000 bytes go through LFS");
        await RefusesAsync(Header + "\n" + new string('x', 61_000_000), HttpStatusCode.RequestEntityTooLarge, "go through LFS");
    }

    [Fact]
    public async Task Exactly_the_most_operations_are_taken_and_one_more_is_not()
    {
        var repo = await hub.Ada.CreateAsync();
        string Body(int count) => Header + "\n" + string.Join('\n', Enumerable.Range(0, count).Select(i =>
            $$$"""{"key":"file","value":{"path":"d{{{i % 10}}}/f{{{i}}}","content":"","encoding":"base64"}}"""));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(repo, Body(5_001))).StatusCode);
        await TestActor.ReadAsync(await PostAsync(repo, Body(5_000)));
        Assert.Equal(5_001, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["siblings"]!.AsArray().Count);
    }

    [Fact]
    public async Task Files_and_folders_change_places_and_names_in_one_commit()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("x", "file"), TestActor.File("dir/a", "1"), TestActor.File("dir/sub/b", "2"), TestActor.File("old.txt", "moved"), TestActor.File("p", "P"), TestActor.File("q", "Q"));
        var oid = await hub.Ada.UploadAsync(repo, [9, 9, 9]);

        await hub.Ada.CommitAsync(repo,
            TestActor.Delete("x"), TestActor.File("x/inside", "now a folder"),
            new { key = "deletedFolder", value = new { path = "dir/" } }, TestActor.File("dir", "now a file"),
            new { key = "file", value = new { path = "new.txt", content = "bW92ZWQ=", encoding = "base64", oldPath = "old.txt" } },
            new { key = "lfsFile", value = new { path = "deep/er/w.bin", algo = "sha256", oid, size = 3, oldPath = "never/there" } },
            new { key = "file", value = new { path = "p", content = "UQ==", encoding = "base64", oldPath = "q" } });

        var files = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["siblings"]!.AsArray().Select(s => s!["rfilename"]!.GetValue<string>()).Order(StringComparer.Ordinal);
        Assert.Equal([".gitattributes", "deep/er/w.bin", "dir", "new.txt", "p", "x/inside"], files);
        Assert.Equal("Q", Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, "p")));
        Assert.Equal([9, 9, 9], await hub.Nobody.ReadFileAsync(repo, "deep/er/w.bin"));
    }

    [Fact]
    public async Task A_file_where_a_folder_stands_is_refused_when_the_folder_does_not_go()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("dir/a", "1"), TestActor.File("f", "1"));
        var before = await hub.Ada.HeadAsync(repo);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync($"/api/models/{repo}", "s", null, TestActor.File("dir", "x"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync($"/api/models/{repo}", "s", null, TestActor.File("f/x", "x"))).StatusCode);
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
    }

    [Fact]
    public async Task An_empty_commit_is_taken()
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);
        var answer = await TestActor.ReadAsync(await PostAsync(repo, Header));
        Assert.NotEqual(before, answer["commitOid"]!.GetValue<string>());
        Assert.Equal(2, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/main")).AsArray().Count);
    }

    [Fact]
    public async Task Large_content_is_checked_against_what_the_line_says()
    {
        var repo = await hub.Ada.CreateAsync();
        var oid = await hub.Ada.UploadAsync(repo, [1, 2, 3, 4]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync($"/api/models/{repo}", "s", null, TestActor.Large("w.bin", oid, 5))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync($"/api/models/{repo}", "s", null, TestActor.Large("w.bin", new string('a', 64), 5))).StatusCode);
        await hub.Ada.CommitAsync(repo, TestActor.Large("w.bin", oid, 4));
        await hub.Ada.CommitAsync(repo, TestActor.Large("copy.bin", oid, null), TestActor.Delete("w.bin"));
        Assert.Equal([1, 2, 3, 4], await hub.Nobody.ReadFileAsync(repo, "copy.bin"));
    }

    [Fact]
    public async Task A_body_that_is_cut_off_leaves_no_trace()
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);
        var whole = Encoding.UTF8.GetBytes($"{Header}\n{File}\n{File.Replace("a.txt", "b.txt")}\n");
        foreach (var framing in new[] { $"Content-Length: {whole.Length}", "Transfer-Encoding: chunked" })
        {
            using var client = await RawHttp.ConnectAsync(hub);
            var stream = client.GetStream();
            var sent = whole[..(Header.Length + File.Length + 2)];      // whole lines, so that only the framing tells
            var head = $"POST /api/models/{repo}/commit/main HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TestHub.AdministratorToken}\r\n{framing}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            if (framing.StartsWith("Transfer")) await stream.WriteAsync(Encoding.ASCII.GetBytes($"{sent.Length:x}\r\n"));
            await stream.WriteAsync(sent);
            await stream.FlushAsync();
            await Task.Delay(100);
            client.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            var answer = await RawHttp.ReadAsync(stream);
            Assert.True(answer.Status is 0 or 400, $"{answer.Status} {answer.Body}");
        }
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
        await hub.Ada.CommitTextAsync(repo, "after.txt", "and the repository goes on");
    }

    [Fact]
    public async Task A_card_that_cannot_be_read_is_refused_as_the_validation_does()
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);
        const string broken = "---\nlicense: [mit\ntags: \"x\n---\n# Hi\n";

        var refused = await hub.Ada.TryCommitAsync($"/api/models/{repo}", "card", null, TestActor.File("README.md", broken));
        var validated = await hub.Nobody.SendAsync(HttpMethod.Post, "/api/validate-yaml", new { content = broken, repoType = "model" });
        var form = await hub.Nobody.Http.PostAsync("/api/validate-yaml", new FormUrlEncodedContent([new("content", broken), new("repoType", "model")]));

        foreach (var response in new[] { refused, validated, form })
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            var errors = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("errors");
            Assert.True(errors.GetArrayLength() > 0);
            Assert.NotEmpty(errors[0].GetProperty("message").GetString()!);
        }
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
        Assert.Equal("""{"errors":[],"warnings":[]}""", (await hub.Nobody.PostJsonAsync("/api/validate-yaml", new { content = "---\nlicense: mit\n---\n# Hi", repoType = "model" })).ToJsonString());
        Assert.Equal("empty or missing yaml metadata in repo card",
            (await hub.Nobody.PostJsonAsync("/api/validate-yaml", new { content = "# Hi", repoType = "model" }))["warnings"]![0]!["message"]!.GetValue<string>());
    }
}

public sealed class CommitBodyTests_Sqlite(SqliteHub hub) : CommitBodyTests(hub), IClassFixture<SqliteHub>;

public sealed class CommitBodyTests_Postgres(PostgresHub hub) : CommitBodyTests(hub), IClassFixture<PostgresHub>;
