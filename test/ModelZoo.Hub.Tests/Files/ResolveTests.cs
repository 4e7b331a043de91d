using System.Net;
using System.Text;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Tests.BadInput;

namespace ModelZoo.Hub.Tests.Files;

public abstract class ResolveTests(TestHub hub)
{
    static readonly byte[] s_large = [.. Enumerable.Range(0, 2_000).Select(i => (byte)i)];

    async Task<string> MakeAsync(bool isPrivate = false)
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: isPrivate);
        await hub.Ada.CommitTextAsync(repo, "dir/text.txt", "0123456789");
        await hub.Ada.CommitLargeAsync(repo, "w.bin", s_large);
        return repo;
    }

    static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    static Dictionary<string, string?> Headers(HttpResponseMessage response) => new[]
    {
        "X-Repo-Commit", "ETag", "X-Linked-Etag", "X-Linked-Size", "Content-Length", "Accept-Ranges", "Content-Disposition", "Content-Type", "Cache-Control",
        "Content-Security-Policy", "X-Content-Type-Options", "Content-Encoding",
    }.ToDictionary(name => name, name => Header(response, name));

    [Theory]
    [InlineData("resolve", "dir/text.txt")]
    [InlineData("resolve", "w.bin")]
    [InlineData("raw", "dir/text.txt")]
    [InlineData("raw", "w.bin")]
    public async Task Get_and_head_say_the_same_and_all_that_clients_need(string verb, string path)
    {
        var repo = await MakeAsync();
        var head = await hub.Ada.HeadAsync(repo);
        var address = $"/{repo}/{verb}/main/{path}";
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br");

        var (get, described) = (await hub.Nobody.Http.SendAsync(request), await hub.Nobody.SendAsync(HttpMethod.Head, address));

        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
        Assert.Equal(HttpStatusCode.OK, described.StatusCode);
        Assert.Equal(Headers(get), Headers(described));
        Assert.Empty(await described.Content.ReadAsByteArrayAsync());
        var entry = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true")).AsArray().Single(e => e!["path"]!.GetValue<string>() == path)!;
        var isLarge = verb == "resolve" && path == "w.bin";
        var etag = isLarge ? entry["lfs"]!["oid"]!.GetValue<string>() : entry["oid"]!.GetValue<string>();
        Assert.Equal(head, Header(get, "X-Repo-Commit"));
        Assert.Equal($"\"{etag}\"", Header(get, "ETag"));
        Assert.Equal(isLarge ? $"\"{etag}\"" : null, Header(get, "X-Linked-Etag"));
        Assert.Equal(isLarge ? "2000" : null, Header(get, "X-Linked-Size"));
        Assert.Equal("bytes", Header(get, "Accept-Ranges"));
        Assert.Equal("nosniff", Header(get, "X-Content-Type-Options"));
        Assert.Contains("sandbox", Header(get, "Content-Security-Policy"));
        Assert.Null(Header(get, "Content-Encoding"));
        var body = await get.Content.ReadAsByteArrayAsync();
        Assert.Equal(body.Length.ToString(), Header(described, "Content-Length"));
        Assert.Equal(isLarge ? s_large : verb == "raw" && path == "w.bin" ? Encoding.UTF8.GetBytes($"version https://git-lfs.github.com/spec/v1\noid sha256:{Uploads.Lfs.Digest(s_large)}\nsize 2000\n") : "0123456789"u8.ToArray(), body);
    }

    [Theory]
    [InlineData("GET", "resolve")]
    [InlineData("HEAD", "resolve")]
    [InlineData("GET", "raw")]
    [InlineData("HEAD", "raw")]
    public async Task An_absent_entry_is_named_with_the_commit_it_is_absent_from(string method, string verb)
    {
        var repo = await MakeAsync();
        foreach (var path in new[] { "absent.json", "dir", "dir/text.txt/more", "dir/", "w.bin/", "DIR/TEXT.TXT" })
        {
            var missing = await hub.Nobody.SendAsync(new HttpMethod(method), $"/{repo}/{verb}/main/{path}");
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
            Assert.Equal("EntryNotFound", Header(missing, "X-Error-Code"));
            Assert.StartsWith("Entry not found", Header(missing, "X-Error-Message"));
            Assert.Equal(await hub.Ada.HeadAsync(repo), Header(missing, "X-Repo-Commit"));
            Assert.StartsWith("application/json", Header(missing, "Content-Type"));
        }
        var revision = await hub.Nobody.SendAsync(new HttpMethod(method), $"/{repo}/{verb}/nope/dir/text.txt");
        Assert.Equal(("RevisionNotFound", HttpStatusCode.NotFound), (Header(revision, "X-Error-Code"), revision.StatusCode));
        foreach (var single in new[] { $"/gpt2/{verb}/main/x", $"/datasets/gpt2/{verb}/main/x", $"/nobody-here/x/{verb}/main/x" })
        {
            var known = await hub.Ada.SendAsync(new HttpMethod(method), single);
            Assert.Equal(("RepoNotFound", HttpStatusCode.NotFound), (Header(known, "X-Error-Code"), known.StatusCode));
            var unknown = await hub.Nobody.SendAsync(new HttpMethod(method), single);
            Assert.Equal(("RepoNotFound", HttpStatusCode.Unauthorized), (Header(unknown, "X-Error-Code"), unknown.StatusCode));
        }
    }

    [Theory]
    [InlineData("dir/text.txt", "0123456789")]
    [InlineData("w.bin", null)]
    public async Task Ranges_are_answered_as_the_standard_says(string path, string? text)
    {
        var repo = await MakeAsync();
        var content = text is null ? s_large : Encoding.ASCII.GetBytes(text);
        var n = content.Length;
        foreach (var (range, from, to) in new[] { ("0-0", 0, 0), ("2-5", 2, 5), ("3-", 3, n - 1), ("-4", n - 4, n - 1), ($"2-{n * 9L}", 2, n - 1), ($"-{n * 9L}", 0, n - 1), ($"{n - 1}-", n - 1, n - 1), ("2-99999999999999999999999", 2, n - 1) })
        {
            var part = await RangeAsync(repo, path, range);
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal($"bytes {from}-{to}/{n}", Header(part, "Content-Range"));
            Assert.Equal(content[from..(to + 1)], await part.Content.ReadAsByteArrayAsync());
            Assert.NotNull(Header(part, "ETag"));
            Assert.NotNull(Header(part, "X-Repo-Commit"));
        }
        foreach (var range in new[] { $"{n}-", $"{n * 3}-{n * 4}", "99999999999999999999999-", "-0" })
        {
            var beyond = await RangeAsync(repo, path, range);
            Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
            Assert.Equal($"bytes */{n}", Header(beyond, "Content-Range"));
        }
        foreach (var range in new[] { "5-2", "x-y", "0-1,3-4", "" })
            Assert.Equal(content, await (await RangeAsync(repo, path, range)).Content.ReadAsByteArrayAsync());
    }

    Task<HttpResponseMessage> RangeAsync(string repo, string path, string range, params (string Name, string Value)[] more)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/{repo}/resolve/main/{path}");
        request.Headers.TryAddWithoutValidation("Range", "bytes=" + range);
        foreach (var (name, value) in more) request.Headers.TryAddWithoutValidation(name, value);
        return hub.Nobody.Http.SendAsync(request);
    }

    [Fact]
    public async Task An_empty_file_answers_a_probe_with_its_size()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "empty.txt", "");
        foreach (var range in new[] { "0-0", "0-", "-1" })
        {
            var probe = await RangeAsync(repo, "empty.txt", range);
            Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
            Assert.Equal("bytes */0", Header(probe, "Content-Range"));
            Assert.Equal("0", Header(probe, "Content-Length"));
        }
    }

    [Theory]
    [InlineData("dir/text.txt")]
    [InlineData("w.bin")]
    public async Task Conditions_spare_what_the_client_has(string path)
    {
        var repo = await MakeAsync();
        var etag = Header(await hub.Nobody.SendAsync(HttpMethod.Head, $"/{repo}/resolve/main/{path}"), "ETag")!;
        async Task<int> AskAsync(string name, string value, HttpMethod? method = null)
        {
            var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"/{repo}/resolve/main/{path}");
            request.Headers.TryAddWithoutValidation(name, value);
            var response = await hub.Nobody.Http.SendAsync(request);
            Assert.Equal(etag, Header(response, "ETag"));
            Assert.NotNull(Header(response, "X-Repo-Commit"));
            return (int)response.StatusCode;
        }
        Assert.Equal(304, await AskAsync("If-None-Match", etag));
        Assert.Equal(304, await AskAsync("If-None-Match", etag, HttpMethod.Head));
        Assert.Equal(304, await AskAsync("If-None-Match", $"\"other\", W/{etag}"));
        Assert.Equal(304, await AskAsync("If-None-Match", "*"));
        Assert.Equal(200, await AskAsync("If-None-Match", "\"other\""));
        Assert.Equal(412, await AskAsync("If-Match", "\"other\""));
        Assert.Equal(200, await AskAsync("If-Match", etag));
        Assert.Equal(HttpStatusCode.PartialContent, (await RangeAsync(repo, path, "1-2", ("If-Range", etag))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await RangeAsync(repo, path, "1-2", ("If-Range", "\"other\""))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await RangeAsync(repo, path, "1-2", ("If-Range", "W/" + etag))).StatusCode);
    }

    [Theory]
    [InlineData("plain.txt", "plain.txt", "plain.txt")]
    [InlineData("ünï 文.txt", "%C3%BCn%C3%AF%20%E6%96%87.txt", "_n_ _.txt")]
    [InlineData("say \"hi\";x.txt", "say%20%22hi%22%3Bx.txt", "say _hi_;x.txt")]
    [InlineData("a'b(c)*.txt", "a%27b%28c%29%2A.txt", "a'b(c)*.txt")]
    public async Task A_disposition_names_the_file_in_both_forms(string name, string encoded, string ascii)
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "dir/" + name, "x");
        var address = $"/{repo}/resolve/main/dir/{Uri.EscapeDataString(name)}";

        Assert.Equal($"inline; filename*=UTF-8''{encoded}; filename=\"{ascii}\";", Header(await hub.Nobody.GetAsync(address), "Content-Disposition"));
        Assert.Equal($"attachment; filename*=UTF-8''{encoded}; filename=\"{ascii}\";", Header(await hub.Nobody.GetAsync(address + "?download=true"), "Content-Disposition"));
        Assert.StartsWith("inline", Header(await hub.Nobody.GetAsync(address + "?download=false"), "Content-Disposition"));
        Assert.Null(Header(await hub.Nobody.GetAsync(address + "?noContentDisposition=1"), "Content-Disposition"));
    }

    [Theory]
    [InlineData("index.html", "text/plain; charset=utf-8")]
    [InlineData("image.SVG", "text/plain; charset=utf-8")]
    [InlineData("page.xhtml", "text/plain; charset=utf-8")]
    [InlineData("feed.xml", "text/plain; charset=utf-8")]
    [InlineData("code.js", "text/plain; charset=utf-8")]
    [InlineData("LICENSE", "text/plain; charset=utf-8")]
    [InlineData("config.json", "application/json; charset=utf-8")]
    [InlineData("x.png", "image/png")]
    [InlineData("evil.mht", "application/octet-stream")]
    [InlineData("x.unknown", "application/octet-stream")]
    public async Task What_a_browser_would_run_is_text(string name, string type)
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, name, "<script>alert(1)</script>");
        await hub.Ada.CommitLargeAsync(repo, "large/" + name, Encoding.UTF8.GetBytes("<script>alert(2)</script>"));
        foreach (var address in new[] { $"/{repo}/resolve/main/{name}", $"/{repo}/raw/main/{name}", $"/{repo}/resolve/main/large/{name}" })
        {
            var response = await hub.Nobody.GetAsync(address);
            Assert.Equal(type, Header(response, "Content-Type"));
            Assert.Contains("sandbox", Header(response, "Content-Security-Policy"));
        }
    }

    [Fact]
    public async Task Only_a_full_commit_id_of_a_public_repository_is_cached_for_ever()
    {
        var (open, secret) = (await MakeAsync(), await MakeAsync(isPrivate: true));
        foreach (var path in new[] { "dir/text.txt", "w.bin" })
        {
            var id = await hub.Ada.HeadAsync(open);
            Assert.Contains("immutable", Header(await hub.Ada.ResolveAsync(open, path, id), "Cache-Control"));
            Assert.DoesNotContain("immutable", Header(await hub.Ada.ResolveAsync(open, path, id[..10]), "Cache-Control"));
            Assert.DoesNotContain("immutable", Header(await hub.Ada.ResolveAsync(open, path), "Cache-Control"));
            foreach (var revision in new[] { "main", await hub.Ada.HeadAsync(secret) })
            {
                var response = await hub.Ada.ResolveAsync(secret, path, revision);
                Assert.True(response.Headers.CacheControl is { NoStore: true, Private: true }, Header(response, "Cache-Control"));
            }
        }
    }

    [Theory]
    [InlineData("%2F", "%252F")]
    [InlineData("a%2Fb.txt", "a%252Fb.txt")]
    [InlineData("100%.txt", "100%25.txt")]
    [InlineData("a+b.txt", "a+b.txt")]
    [InlineData("a+b.txt", "a%2Bb.txt")]
    [InlineData("a#b?c.txt", "a%23b%3Fc.txt")]
    [InlineData("a b/c d.txt", "a%20b/c%20d.txt")]
    [InlineData("a b/c d.txt", "a%20b%2Fc%20d.txt")]
    [InlineData("x;y=z&a:b@c.txt", "x;y=z&a:b@c.txt")]
    [InlineData("[v1] (x).txt", "[v1]%20(x).txt")]
    [InlineData("ü/日本.txt", "%C3%BC/%E6%97%A5%E6%9C%AC.txt")]
    [InlineData("...", "...")]
    [InlineData("back\\slash.txt", "back%5Cslash.txt")]
    public async Task A_name_is_decoded_exactly_once(string path, string encoded)
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, path, "this one");

        foreach (var verb in new[] { "resolve", "raw" })
        {
            var answer = await RawHttp.SendAsync(hub, $"GET /{repo}/{verb}/main/{encoded} HTTP/1.1");
            Assert.Equal((200, "this one"), (answer.Status, answer.Body));
        }
        var info = await hub.Nobody.PostJsonAsync($"/api/models/{repo}/paths-info/main", new { paths = new[] { path } });
        Assert.Equal(path, info[0]!["path"]!.GetValue<string>());
    }

    [Fact]
    public async Task Each_request_for_the_file_a_library_begins_with_counts_once_and_no_other_does()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("config.json", "{}"), TestActor.File("sub/config.json", "{}"), TestActor.File("model.txt", "x"));
        foreach (var path in new[] { "config.json", "model.txt", "sub/config.json", "absent.json" }) await hub.Nobody.ResolveAsync(repo, path);
        await hub.Nobody.SendAsync(HttpMethod.Head, $"/{repo}/resolve/main/config.json");
        await hub.Nobody.SendAsync(HttpMethod.Head, $"/{repo}/resolve/nope/config.json");
        await hub.Nobody.GetAsync($"/{repo}/raw/main/config.json");

        await hub.Get<DownloadCounter>().FlushAsync(default);

        Assert.Equal(2, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["downloads"]!.GetValue<int>());
        Assert.Equal(2, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}?expand=downloadsAllTime"))["downloadsAllTime"]!.GetValue<int>());
    }
}

public sealed class ResolveTests_Sqlite(SqliteHub hub) : ResolveTests(hub), IClassFixture<SqliteHub>;

public sealed class ResolveTests_Postgres(PostgresHub hub) : ResolveTests(hub), IClassFixture<PostgresHub>;
