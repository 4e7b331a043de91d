using System.Net;
using System.Text;
using System.Text.Json;
using ModelZoo.Conformance.Harness;
using static ModelZoo.Conformance.Harness.WireRepository;

namespace ModelZoo.Conformance;

/// <summary>The commit stream and the LFS endpoints, with the liberties that clients take and the lies that they do not.</summary>
public sealed class CommitWireTests(HubProcess hub)
{
    static readonly byte[] Content = Encoding.ASCII.GetBytes("the weights themselves");
    static readonly string Oid = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Content));

    [Theory]
    [InlineData("{0}\n{1}")]
    [InlineData("{0}\n{1}\n")]
    [InlineData("{0}\r\n\r\n{1}\n\n")]
    public async Task The_last_line_may_lack_its_newline_and_blank_lines_are_skipped(string shape)
    {
        var repo = await CreateAsync(hub, "wire-lines");
        var body = string.Format(shape, Line("header", new { summary = "one\ntwo", unknown = 1 }), Line("file", new { path = "a.txt", content = "plain", encoding = "utf-8" }));
        using var answer = await repo.SendCommitAsync(body);
        await HasStatus(answer, HttpStatusCode.OK);
        var json = await JsonOf(answer);
        Assert.True(json.GetProperty("success").GetBoolean());
        Assert.Equal($"{hub.Url}/{repo.Id}/commit/{json.GetProperty("commitOid").GetString()}", json.GetProperty("commitUrl").GetString());
        Assert.Equal(["a.txt"], await repo.FilesAsync());
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("{\"key\":\"file\",\"value\":{\"path\":\"a.txt\",\"content\":\"%%%\",\"encoding\":\"base64\"}}")]
    [InlineData("{\"key\":\"file\",\"value\":{\"path\":\"a.txt\",\"content\":\"YQ\",\"encoding\":\"rot13\"}}")]
    [InlineData("{\"key\":\"somethingElse\",\"value\":{}}")]
    [InlineData("{\"key\":\"file\"}")]
    [InlineData("{\"key\":\"file\",\"value\":{\"path\":\"a.txt\",\"content\":\"YQ==\",\"encoding\":\"base64\"")]
    [InlineData("[1,2]")]
    public async Task A_malformed_line_is_refused_in_JSON_and_leaves_no_trace(string line)
    {
        var repo = await CreateAsync(hub, "wire-malformed");
        using var answer = await repo.SendCommitAsync($"{Line("header", new { summary = "x" })}\n{Line("file", new { path = "ok.txt", content = "b2s=", encoding = "base64" })}\n{line}\n");
        Assert.True((int)answer.StatusCode is 400 or 422, $"{(int)answer.StatusCode}");
        Assert.NotEmpty((await JsonOf(answer)).GetProperty("error").GetString()!);
        Assert.Empty(await repo.FilesAsync());
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("a/../../b")]
    [InlineData("/rooted")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/.")]
    [InlineData("a/")]
    [InlineData("")]
    [InlineData(".git/config")]
    [InlineData("sub/.GIT/hooks/x")]
    [InlineData("nul\0byte")]
    [InlineData("..\\x")]
    public async Task A_path_that_is_not_one_is_refused_with_422(string path)
    {
        var repo = await CreateAsync(hub, "wire-paths");
        using var answer = await repo.SendCommitAsync($"{Line("header", new { summary = "x" })}\n{Line("file", new { path, content = "eA==", encoding = "base64" })}\n");
        await HasStatus(answer, HttpStatusCode.UnprocessableEntity);
        Assert.Empty(await repo.FilesAsync());
    }

    [Fact]
    public async Task A_rename_by_oldPath_and_a_folder_deletion_work()
    {
        var repo = await CreateAsync(hub, "wire-rename");
        await repo.CommitAsync(("old.txt", "content"), ("d/1", "1"), ("d/e/2", "2"), ("keep", "k"));
        using var answer = await repo.SendCommitAsync(string.Join('\n',
            Line("header", new { summary = "x" }),
            Line("file", new { path = "new.txt", oldPath = "old.txt", content = "Y29udGVudA==", encoding = "base64" }),
            Line("deletedFolder", new { path = "d" })));
        await HasStatus(answer, HttpStatusCode.OK);
        Assert.Equal(["keep", "new.txt"], (await repo.FilesAsync()).Order());
    }

    [Fact]
    public async Task The_batch_answers_what_clients_expect_and_the_upload_needs_no_credentials()
    {
        var repo = await CreateAsync(hub, "wire-batch");
        using var batch = await repo.BatchAsync("upload", Oid, Content.Length);
        await HasStatus(batch, HttpStatusCode.OK);
        Assert.StartsWith("application/vnd.git-lfs+json", Raw(batch, "Content-Type"));
        var json = await JsonOf(batch);
        Assert.Equal("basic", json.TryGetProperty("transfer", out var transfer) ? transfer.GetString() : "basic");
        var entry = json.GetProperty("objects")[0];
        Assert.Equal((Oid, Content.Length), (entry.GetProperty("oid").GetString(), entry.GetProperty("size").GetInt32()));
        var href = entry.GetProperty("actions").GetProperty("upload").GetProperty("href").GetString()!;
        Assert.StartsWith(hub.Url + "/", href);

        using var bare = new HttpClient();
        using var put = await bare.PutAsync(href, new ByteArrayContent(Content));
        await HasStatus(put, HttpStatusCode.OK);
        Assert.False(string.IsNullOrEmpty(Raw(put, "ETag")));
        var verify = entry.GetProperty("actions").GetProperty("verify").GetProperty("href").GetString()!;
        using var verified = await hub.Client.PostAsync(verify, new StringContent(JsonSerializer.Serialize(new { oid = Oid, size = Content.Length })));
        await HasStatus(verified, HttpStatusCode.OK);
        using var lie = await hub.Client.PostAsync(verify, new StringContent(JsonSerializer.Serialize(new { oid = Oid, size = Content.Length + 1 })));
        Assert.InRange((int)lie.StatusCode, 400, 499);

        using var commit = await repo.SendCommitAsync($"{Line("header", new { summary = "x" })}\n{Line("lfsFile", new { path = "w.bin", algo = "sha256", oid = Oid, size = Content.Length })}");
        await HasStatus(commit, HttpStatusCode.OK);
        using var again = await repo.BatchAsync("upload", Oid, Content.Length);
        Assert.False((await JsonOf(again)).GetProperty("objects")[0].TryGetProperty("actions", out _), "actions must be absent for a known object");
        using var download = await repo.BatchAsync("download", Oid, Content.Length);
        var source = (await JsonOf(download)).GetProperty("objects")[0].GetProperty("actions").GetProperty("download").GetProperty("href").GetString();
        Assert.Equal(Content, await hub.Client.GetByteArrayAsync(source));
    }

    [Fact]
    public async Task Bytes_that_do_not_match_their_digest_or_length_never_become_visible()
    {
        var repo = await CreateAsync(hub, "wire-lies");
        var other = Encoding.ASCII.GetBytes($"unique {Guid.NewGuid()}");
        var oid = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(other));
        using var batch = await repo.BatchAsync("upload", oid, other.Length);
        var href = (await JsonOf(batch)).GetProperty("objects")[0].GetProperty("actions").GetProperty("upload").GetProperty("href").GetString()!;
        using var bare = new HttpClient();
        foreach (var wrong in new byte[][] { other[..^1], [.. other, 1], [.. other[..^1], 0], [] })
        {
            using var put = await bare.PutAsync(href, new ByteArrayContent(wrong));
            Assert.InRange((int)put.StatusCode, 400, 499);
        }
        using var commit = await repo.SendCommitAsync($"{Line("header", new { summary = "x" })}\n{Line("lfsFile", new { path = "w.bin", algo = "sha256", oid, size = other.Length })}");
        Assert.True((int)commit.StatusCode is 400 or 422, $"{(int)commit.StatusCode}");
        Assert.Empty(await repo.FilesAsync());
        using var tampered = await bare.PutAsync(href + "0", new ByteArrayContent(other));
        Assert.InRange((int)tampered.StatusCode, 400, 499);
    }

    [Fact]
    public async Task A_large_object_goes_up_in_parts_without_credentials_in_any_order()
    {
        var repo = await CreateAsync(hub, "wire-parts");
        var content = new byte[40_000_000];
        Random.Shared.NextBytes(content);
        var oid = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        using var batch = await repo.BatchAsync("upload", oid, content.Length, ["multipart"]);
        var json = await JsonOf(batch);
        Assert.Equal("multipart", json.GetProperty("transfer").GetString());
        var upload = json.GetProperty("objects")[0].GetProperty("actions").GetProperty("upload");
        var header = upload.GetProperty("header").EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!);
        var partBytes = int.Parse(header["chunk_size"]);
        var parts = header.Where(h => h.Key.All(char.IsAsciiDigit)).OrderByDescending(h => h.Key, StringComparer.Ordinal).ToList();
        Assert.Equal((content.Length + partBytes - 1) / partBytes, parts.Count);

        using var bare = new HttpClient();
        var sent = new List<object>();
        foreach (var (name, href) in parts)
        {
            var number = int.Parse(name);
            using var put = await bare.PutAsync(href, new ByteArrayContent(content, (number - 1) * partBytes, Math.Min(partBytes, content.Length - (number - 1) * partBytes)));
            await HasStatus(put, HttpStatusCode.OK);
            sent.Add(new { partNumber = number, etag = Raw(put, "ETag") ?? throw new InvalidDataException("a part without ETag") });
        }
        sent.Reverse();
        var completion = new StringContent(JsonSerializer.Serialize(new { oid, parts = sent }), Encoding.UTF8, "application/vnd.git-lfs+json");
        using var done = await bare.PostAsync(upload.GetProperty("href").GetString(), completion);
        await HasStatus(done, HttpStatusCode.OK);
        using var commit = await repo.SendCommitAsync($"{Line("header", new { summary = "x" })}\n{Line("lfsFile", new { path = "w.bin", algo = "sha256", oid, size = content.Length })}");
        await HasStatus(commit, HttpStatusCode.OK);
        using var back = await repo.ResolveAsync("w.bin");
        Assert.Equal(oid, Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(await back.Content.ReadAsStreamAsync())));
    }

    [Fact]
    public async Task Knowing_a_digest_is_not_a_right_to_the_bytes()
    {
        var owner = await CreateAsync(hub, "wire-owner", isPrivate: true);
        var secret = Encoding.ASCII.GetBytes($"secret {Guid.NewGuid()}");
        var oid = await owner.CommitBlobAsync("w.bin", secret);
        var other = await CreateAsync(hub, "wire-other");
        using var download = await other.BatchAsync("download", oid, secret.Length);
        var entry = (await JsonOf(download)).GetProperty("objects")[0];
        Assert.Equal(404, entry.GetProperty("error").GetProperty("code").GetInt32());
        Assert.False(entry.TryGetProperty("actions", out _));
    }

    [Fact]
    public async Task Without_a_token_an_upload_asks_for_one()
    {
        var repo = await CreateAsync(hub, "wire-nobody");
        using var nobody = hub.NewClient(token: null);
        using var answer = await nobody.PostAsync($"/{repo.Id}.git/info/lfs/objects/batch",
            new StringContent(JsonSerializer.Serialize(new { operation = "upload", objects = new[] { new { oid = Oid, size = 1 } } }), Encoding.UTF8, "application/vnd.git-lfs+json"));
        await HasStatus(answer, HttpStatusCode.Unauthorized);
        Assert.StartsWith("Basic", Raw(answer, "LFS-Authenticate") ?? Raw(answer, "WWW-Authenticate"));
        Assert.NotEmpty((await JsonOf(answer)).GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task A_DELETE_reads_its_body()
    {
        var repo = await CreateAsync(hub, "wire-delete");
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/repos/delete")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { name = repo.Id.Split('/')[1], organization = (string?)null }), Encoding.UTF8, "application/json"),
        };
        using var answer = await hub.Client.SendAsync(request);
        await HasStatus(answer, HttpStatusCode.OK);
        using var gone = await hub.Client.GetAsync(repo.Api);
        await HasStatus(gone, HttpStatusCode.NotFound);
    }

    static string Line(string key, object value) => JsonSerializer.Serialize(new { key, value });
}
