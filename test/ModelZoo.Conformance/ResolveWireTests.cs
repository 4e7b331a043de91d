using System.Net;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Conformance.Harness;
using static ModelZoo.Conformance.Harness.WireRepository;

namespace ModelZoo.Conformance;

/// <summary>Headers and ranges of downloads that clients depend on but do not show when they are wrong.</summary>
public sealed class ResolveWireTests(HubProcess hub)
{
    static readonly byte[] Large = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task HEAD_and_GET_of_a_small_file_carry_the_same_complete_headers()
    {
        var repo = await CreateAsync(hub, "wire-small");
        var commit = await repo.CommitAsync(("sub/ünï \"x\".txt", "hello"));
        foreach (var method in new[] { HttpMethod.Head, HttpMethod.Get })
        {
            using var answer = await repo.ResolveAsync("sub/%C3%BCn%C3%AF%20%22x%22.txt", method);
            await HasStatus(answer, HttpStatusCode.OK);
            Assert.Equal(commit, Raw(answer, "X-Repo-Commit"));
            Assert.Equal($"\"{GitId("hello")}\"", Raw(answer, "ETag"));
            Assert.Equal("5", Raw(answer, "Content-Length"));
            Assert.Equal("bytes", Raw(answer, "Accept-Ranges"));
            Assert.Equal("text/plain; charset=utf-8", Raw(answer, "Content-Type"));
            Assert.Null(Raw(answer, "Content-Encoding"));
            Assert.False(string.IsNullOrEmpty(Raw(answer, "X-Request-Id")));
            var disposition = Raw(answer, "Content-Disposition")!;
            Assert.StartsWith("inline; filename*=UTF-8''%C3%BCn%C3%AF", disposition);
            Assert.Matches("; filename=\"[\\x20-\\x7e]+\";$", disposition);
        }
    }

    [Fact]
    public async Task HEAD_of_a_large_file_names_its_digest_and_size()
    {
        var repo = await CreateAsync(hub, "wire-large");
        var oid = await repo.CommitBlobAsync("w.bin", Large);
        using var answer = await repo.ResolveAsync("w.bin", HttpMethod.Head);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Redirect, $"{answer.StatusCode}");
        Assert.Equal($"\"{oid}\"", Raw(answer, "X-Linked-Etag") ?? Raw(answer, "ETag"));
        Assert.Equal($"\"{oid}\"", Raw(answer, "ETag"));
        Assert.Equal("100000", Raw(answer, "X-Linked-Size"));
        Assert.NotNull(Raw(answer, "X-Repo-Commit"));
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=99990-", 99_990, 10)]
    [InlineData("bytes=-7", 99_993, 7)]
    [InlineData("bytes=-1000000", 0, 100_000)]
    [InlineData("bytes=99000-5000000", 99_000, 1000)]
    public async Task A_range_is_answered_with_206_and_exactly_those_bytes(string range, int from, int count)
    {
        var repo = await CreateAsync(hub, "wire-range");
        await repo.CommitBlobAsync("w.bin", Large);
        await repo.CommitAsync(("t.txt", Encoding.Latin1.GetString(Large.Select(b => (byte)(b & 0x7f)).ToArray())));
        foreach (var path in new[] { "w.bin", "t.txt" })
        {
            using var answer = await repo.ResolveAsync(path, range: range);
            await HasStatus(answer, HttpStatusCode.PartialContent);
            Assert.Equal($"bytes {from}-{from + count - 1}/100000", Raw(answer, "Content-Range"));
            Assert.Equal($"{count}", Raw(answer, "Content-Length"));
            var expected = Large.Skip(from).Take(count);
            Assert.Equal(path == "w.bin" ? expected : expected.Select(b => (byte)(b & 0x7f)), await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task A_range_past_the_end_is_416_with_the_size()
    {
        var repo = await CreateAsync(hub, "wire-416");
        await repo.CommitBlobAsync("w.bin", Large);
        await repo.CommitAsync(("t.txt", "12345"));
        foreach (var (path, size) in new[] { ("w.bin", 100_000), ("t.txt", 5) })
        {
            using var answer = await repo.ResolveAsync(path, range: $"bytes={size}-");
            await HasStatus(answer, HttpStatusCode.RequestedRangeNotSatisfiable);
            Assert.Equal($"bytes */{size}", Raw(answer, "Content-Range"));
        }
    }

    [Fact]
    public async Task The_first_byte_of_an_empty_file_is_200_with_its_size_and_not_416()
    {
        var repo = await CreateAsync(hub, "wire-empty");
        await repo.CommitAsync(("empty.txt", ""));
        using var answer = await repo.ResolveAsync("empty.txt", range: "bytes=0-0");
        await HasStatus(answer, HttpStatusCode.OK);
        Assert.Equal("bytes */0", Raw(answer, "Content-Range"));
        Assert.Equal("0", Raw(answer, "Content-Length"));
        Assert.Equal($"\"{GitId("")}\"", Raw(answer, "ETag"));
    }

    [Fact]
    public async Task A_known_ETag_is_304_and_a_download_is_never_compressed()
    {
        var repo = await CreateAsync(hub, "wire-etag");
        var text = new string('a', 50_000);
        await repo.CommitAsync(("t.txt", text));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/{repo.Id}/resolve/main/t.txt");
        request.Headers.TryAddWithoutValidation("If-None-Match", $"\"{GitId(text)}\"");
        using var same = await hub.Client.SendAsync(request);
        await HasStatus(same, HttpStatusCode.NotModified);

        using var zipped = new HttpRequestMessage(HttpMethod.Get, $"/{repo.Id}/resolve/main/t.txt");
        zipped.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br, deflate");
        using var whole = await hub.Client.SendAsync(zipped);
        Assert.Null(Raw(whole, "Content-Encoding"));
        Assert.Equal("50000", Raw(whole, "Content-Length"));
        Assert.Equal($"\"{GitId(text)}\"", Raw(whole, "ETag"));
    }

    [Fact]
    public async Task Download_and_no_disposition_are_obeyed_and_caching_follows_the_revision()
    {
        var repo = await CreateAsync(hub, "wire-cache");
        var commit = await repo.CommitAsync(("page.html", "<script>alert(1)</script>"));
        using var attached = await repo.ResolveAsync("page.html", query: "?download=true");
        Assert.StartsWith("attachment", Raw(attached, "Content-Disposition"));
        using var bare = await repo.ResolveAsync("page.html", query: "?noContentDisposition=1");
        Assert.Null(Raw(bare, "Content-Disposition"));
        Assert.True(!Raw(bare, "Content-Type")!.StartsWith("text/html", StringComparison.Ordinal)
            || (Raw(bare, "Content-Security-Policy") ?? "").Contains("sandbox", StringComparison.Ordinal), "a user's page would run in our origin");

        Assert.DoesNotContain("immutable", Raw(bare, "Cache-Control") ?? "", StringComparison.Ordinal);
        using var pinned = await repo.ResolveAsync("page.html", revision: commit);
        Assert.Contains("immutable", Raw(pinned, "Cache-Control") ?? "", StringComparison.Ordinal);
        var hidden = await CreateAsync(hub, "wire-hidden", isPrivate: true);
        var secret = await hidden.CommitAsync(("a.txt", "secret"));
        using var kept = await hidden.ResolveAsync("a.txt", revision: secret);
        Assert.Contains("private", Raw(kept, "Cache-Control") ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain("immutable", Raw(kept, "Cache-Control") ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absent_file_says_so_in_headers_also_on_HEAD_with_the_commit_it_is_absent_from()
    {
        var repo = await CreateAsync(hub, "wire-absent");
        var commit = await repo.CommitAsync(("a.txt", "a"));
        foreach (var method in new[] { HttpMethod.Head, HttpMethod.Get })
        {
            using var answer = await repo.ResolveAsync("none.txt", method);
            await HasStatus(answer, HttpStatusCode.NotFound);
            Assert.Equal("EntryNotFound", Raw(answer, "X-Error-Code"));
            Assert.Equal(commit, Raw(answer, "X-Repo-Commit"));
            Assert.False(string.IsNullOrEmpty(Raw(answer, "X-Error-Message")));
        }
    }

    [Fact]
    public async Task An_encoded_slash_in_a_name_is_not_a_folder_and_an_encoded_revision_is_decoded_once()
    {
        var repo = await CreateAsync(hub, "wire-percent");
        await repo.CommitAsync(("a%2Fb.txt", "percent"), ("a/b.txt", "folder"), ("100%.txt", "hundred"));
        foreach (var (path, text) in new[] { ("a%252Fb.txt", "percent"), ("a/b.txt", "folder"), ("a%2Fb.txt", "folder"), ("100%25.txt", "hundred") })
        {
            using var answer = await repo.ResolveAsync(path, revision: "refs%2Fheads%2Fmain");
            await HasStatus(answer, HttpStatusCode.OK);
            Assert.Equal(text, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Raw_gives_the_pointer_of_a_large_file_under_its_git_id()
    {
        var repo = await CreateAsync(hub, "wire-raw");
        await repo.CommitBlobAsync("w.bin", Large);
        var pointer = $"version https://git-lfs.github.com/spec/v1\noid sha256:{Convert.ToHexStringLower(SHA256.HashData(Large))}\nsize 100000\n";
        using var answer = await hub.Client.GetAsync($"/{repo.Id}/raw/main/w.bin");
        Assert.Equal(pointer, await answer.Content.ReadAsStringAsync());
        Assert.Equal($"\"{GitId(pointer)}\"", Raw(answer, "ETag"));
    }
}
