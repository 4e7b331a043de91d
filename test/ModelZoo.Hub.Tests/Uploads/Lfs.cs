using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Uploads;

/// <summary>The LFS calls as clients make them.</summary>
static class Lfs
{
    public const string MediaType = "application/vnd.git-lfs+json";

    public static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static Task<HttpResponseMessage> TryBatchAsync(this TestActor who, string repo, object body)
    {
        var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, MediaType);
        return who.Http.PostAsync($"/{repo}.git/info/lfs/objects/batch", content);
    }

    /// <returns>The answer about one object.</returns>
    public static async Task<JsonNode> BatchAsync(this TestActor who, string repo, string operation, string oid, long size, params string[] transfers)
    {
        var answer = await TestActor.ReadAsync(await who.TryBatchAsync(repo, transfers.Length == 0
            ? new { operation, objects = new[] { new { oid, size } } }
            : new { operation, transfers, objects = new[] { new { oid, size } } }));
        return answer["objects"]![0]!;
    }

    public static async Task<string> UploadAddressAsync(this TestActor who, string repo, byte[] content, long? size = null) =>
        (await who.BatchAsync(repo, "upload", Digest(content), size ?? content.Length))["actions"]!["upload"]!["href"]!.GetValue<string>();

    public static HttpContent Chunked(byte[] bytes) => new StreamContent(new Endless(bytes)) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    /// <summary>A stream that does not know its length, so that the client sends chunks.</summary>
    sealed class Endless(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    public static async Task<string> MessageAsync(HttpResponseMessage response)
    {
        Assert.Equal(MediaType, response.Content.Headers.ContentType!.MediaType);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(body["message"]!.GetValue<string>(), body["error"]!.GetValue<string>());
        return body["message"]!.GetValue<string>();
    }

    /// <summary>Nothing of these bytes is left: not a blob, not a part of one.</summary>
    internal static async Task AssertNotStoredAsync(TestHub hub, string oid)
    {
        var blobs = hub.Get<IBlobStore>();
        await foreach (var blob in blobs.ListAsync(default)) Assert.NotEqual(oid, blob.Digest.Hex);
        if (hub.Options.Storage.Kind == StorageKind.Folder)
            Assert.DoesNotContain(Directory.EnumerateFiles(hub.Options.BlobFolder, "*", SearchOption.AllDirectories), file => file.Contains(oid, StringComparison.Ordinal));
    }
}
