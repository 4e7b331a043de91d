using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Conformance.Harness;

/// <summary>One fresh repository, spoken to with bare requests, where no client shows what must be seen.</summary>
sealed class WireRepository
{
    readonly HttpClient _client;

    WireRepository(HttpClient client, string id, string type) => (_client, Id, Type) = (client, id, type);

    public string Id { get; }
    public string Type { get; }
    public string Api => $"/api/{Type}s/{Id}";

    public static async Task<WireRepository> CreateAsync(HubProcess hub, string stem, string type = "model", bool isPrivate = false)
    {
        var name = $"{stem}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        using var answer = await hub.Client.PostAsJsonAsync("/api/repos/create", new { name, type, @private = isPrivate });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return new(hub.Client, $"{HubProcess.Admin}/{name}", type);
    }

    /// <summary>Inline files in one commit; the new commit's id.</summary>
    public async Task<string> CommitAsync(params (string Path, string Text)[] files)
    {
        var lines = files.Select(file => new
        {
            key = "file",
            value = (object)new { path = file.Path, encoding = "base64", content = Convert.ToBase64String(Encoding.UTF8.GetBytes(file.Text)) },
        });
        using var answer = await SendCommitAsync(NdJson([new { key = "header", value = (object)new { summary = "content" } }, .. lines]));
        await HasStatus(answer, HttpStatusCode.OK);
        return (await JsonOf(answer)).GetProperty("commitOid").GetString()!;
    }

    /// <summary>A large file: batch, PUT, commit.</summary>
    public async Task<string> CommitBlobAsync(string path, byte[] content)
    {
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        using var batch = await BatchAsync("upload", oid, content.Length);
        var entry = (await JsonOf(batch)).GetProperty("objects")[0];
        if (entry.TryGetProperty("actions", out var actions))
        {
            using var put = await new HttpClient().PutAsync(actions.GetProperty("upload").GetProperty("href").GetString(), new ByteArrayContent(content));
            await HasStatus(put, HttpStatusCode.OK);
        }
        using var answer = await SendCommitAsync(NdJson(
            [new { key = "header", value = (object)new { summary = "large" } }, new { key = "lfsFile", value = (object)new { path, algo = "sha256", oid, size = content.Length } }]));
        await HasStatus(answer, HttpStatusCode.OK);
        return oid;
    }

    public Task<HttpResponseMessage> SendCommitAsync(string body, string revision = "main") =>
        _client.PostAsync($"{Api}/commit/{revision}", new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/x-ndjson")));

    public Task<HttpResponseMessage> BatchAsync(string operation, string oid, long size, string[]? transfers = null)
    {
        var prefix = Type == "model" ? "" : $"{Type}s/";
        var objects = new[] { new { oid, size } };
        object request = transfers is null ? new { operation, hash_algo = "sha_256", objects } : new { operation, transfers, objects };
        var body = new StringContent(JsonSerializer.Serialize(request));
        body.Headers.ContentType = MediaTypeHeaderValue.Parse("application/vnd.git-lfs+json; charset=utf-8");
        return _client.PostAsync($"/{prefix}{Id}.git/info/lfs/objects/batch", body);
    }

    public Task<HttpResponseMessage> ResolveAsync(string path, HttpMethod? method = null, string? range = null, string revision = "main", string query = "")
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"/{Id}/resolve/{revision}/{path}{query}");
        if (range is not null)
            request.Headers.TryAddWithoutValidation("Range", range);
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<string[]> FilesAsync()
    {
        using var answer = await _client.GetAsync($"{Api}/tree/main?recursive=true");
        return [.. (await JsonOf(answer)).EnumerateArray()
            .Where(entry => entry.GetProperty("type").GetString() == "file")
            .Select(entry => entry.GetProperty("path").GetString()!)
            .Where(path => path != ".gitattributes")];
    }

    public static string NdJson(IEnumerable<object> lines) => string.Join('\n', lines.Select(line => JsonSerializer.Serialize(line)));

    public static async Task<JsonElement> JsonOf(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        try
        {
            return JsonDocument.Parse(text).RootElement;
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"{(int)answer.StatusCode}, not JSON: {text[..Math.Min(text.Length, 500)]}");
        }
    }

    public static async Task HasStatus(HttpResponseMessage answer, HttpStatusCode expected)
    {
        if (answer.StatusCode != expected)
            Assert.Fail($"{(int)answer.StatusCode} instead of {(int)expected}: {answer.RequestMessage?.RequestUri}\n{await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>A header exactly as sent. HttpClient's typed headers would hide a missing quote or a weak mark.</summary>
    public static string? Raw(HttpResponseMessage answer, string name)
    {
        if (answer.Headers.NonValidated.TryGetValues(name, out var values) || answer.Content.Headers.NonValidated.TryGetValues(name, out values))
            return string.Join(", ", values);
        return null;
    }

    public static string GitId(string text)
    {
        var content = Encoding.UTF8.GetBytes(text);
#pragma warning disable CA5350 // git names content by SHA-1
        return Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350
    }
}
