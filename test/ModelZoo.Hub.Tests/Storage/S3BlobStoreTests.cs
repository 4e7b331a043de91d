using System.Net;
using System.Net.Sockets;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Storage;

public sealed class S3BlobStoreTests : BlobStoreContract
{
    static readonly CancellationToken None = CancellationToken.None;
    static readonly Lazy<Task<StorageOptions>> Bucket = new(S3Server.CreateBucketAsync);

    StorageOptions _options = null!;

    private protected override async Task<IBlobStore> OpenStoreAsync()
    {
        // One bucket for the class, one prefix for each test.
        _options = await Bucket.Value with { Prefix = $"{Guid.NewGuid():n}/", RedirectDownloads = true };
        return BlobStores.Create(_options, TimeProvider.System);
    }

    [Fact]
    public async Task A_signed_address_serves_the_blob_with_type_disposition_and_ranges()
    {
        var bytes = Bytes.Random(5000, 1);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        var address = (await Store.SignDownloadAsync(bytes.Digest, "text/plain; charset=utf-8", "inline; filename=\"a b.txt\";", TimeSpan.FromMinutes(5), default))!;
        using var http = new HttpClient();
        using var whole = await http.GetAsync(address);
        Assert.Equal(bytes.Content, await whole.Content.ReadAsByteArrayAsync());
        Assert.Equal("text/plain; charset=utf-8", whole.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.Equal("inline; filename=\"a b.txt\";", whole.Content.Headers.NonValidated["Content-Disposition"].ToString());
        using var range = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Range = new(10, 19) } };
        using var part = await http.SendAsync(range);
        Assert.Equal(bytes.Content[10..20], await part.Content.ReadAsByteArrayAsync());
        using var tampered = await http.GetAsync(new Uri(address.AbsoluteUri.Replace(bytes.Digest.Hex, new Bytes([1]).Digest.Hex, StringComparison.Ordinal)));
        Assert.Equal(403, (int)tampered.StatusCode);
    }

    [Fact]
    public async Task A_copy_in_parts_equals_its_source()
    {
        var bytes = Bytes.Random((11 << 20) + 3, 2);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        using var bucket = new S3Bucket(_options);
        await S3Copy.CopyPartsAsync(bucket, $"{bucket.Blobs}{bytes.Digest.Hex}", $"{bucket.Staging}copy", bytes.Size, 5 << 20, None);
        await using var copy = await bucket.OpenReadAsync($"{bucket.Staging}copy", 0, bytes.Size, None);
        using var read = new MemoryStream();
        await copy.CopyToAsync(read);
        Assert.Equal(bytes.Content, read.ToArray());
    }

    [Fact]
    public async Task A_server_that_is_away_is_said_to_be()
    {
        using var away = new S3BlobStore(_options with { Endpoint = "http://127.0.0.1:1" });
        var bytes = Bytes.Random(10, 3);
        foreach (var act in new Func<Task>[]
        {
            () => away.CheckReadyAsync(None),
            () => away.FindSizeAsync(bytes.Digest, None),
            () => away.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None),
            () => away.BeginPartsAsync(bytes.Digest, bytes.Size, 5 << 20, None),
        })
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(act);
            Assert.Equal((RefusalKind.Unavailable, "The object store does not answer; nothing was stored."), (refusal.Kind, refusal.Message));
        }
    }

    [Fact]
    public async Task A_wrong_bucket_or_key_is_said_to_be()
    {
        using var closed = new S3BlobStore(_options with { SecretKey = "wrong" });
        Assert.Contains("credentials", (await Assert.ThrowsAsync<Refusal>(() => closed.CheckReadyAsync(None))).Message, StringComparison.Ordinal);
        using var nowhere = new S3BlobStore(_options with { Bucket = "no-such-bucket" });
        Assert.Contains("bucket", (await Assert.ThrowsAsync<Refusal>(() => nowhere.CheckReadyAsync(None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_the_server_cuts_short_is_an_error_and_not_an_end()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptSocketAsync();
            var request = new byte[8192];
            await client.ReceiveAsync(request);
            await client.SendAsync("HTTP/1.1 206 Partial Content\r\nContent-Length: 1000\r\nContent-Range: bytes 0-999/1000\r\n\r\nonly this"u8.ToArray());
        });
        using var cut = new S3BlobStore(_options with { Endpoint = $"http://{listener.LocalEndpoint}" });
        await using var stream = await cut.OpenReadAsync(new Bytes([]).Digest, 0, 1000, None);
        await Assert.ThrowsAnyAsync<IOException>(() => stream.CopyToAsync(Stream.Null));
        await answering;
    }

    [Fact]
    public async Task Blobs_are_sent_through_the_hub_or_by_redirect()
    {
        var bytes = Bytes.Random((3 << 20) + 11, 5);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        await using var server = await BlobServer.StartAsync(Store);
        foreach (var encrypted in new[] { false, true })
        {
            using var http = server.Client(encrypted);
            Assert.Equal(bytes.Content, await http.GetByteArrayAsync($"/blob/{bytes.Digest.Hex}/{bytes.Size}"));
            using var range = new HttpRequestMessage(HttpMethod.Get, $"/blob/{bytes.Digest.Hex}/{bytes.Size}") { Headers = { Range = new(null, 2_000_000) } };
            using var part = await http.SendAsync(range);
            Assert.Equal(bytes.Content[^2_000_000..], await part.Content.ReadAsByteArrayAsync());
            using var redirect = await http.GetAsync($"/blob/{bytes.Digest.Hex}/{bytes.Size}?redirect=true");
            Assert.Equal((302, "\"tag\""), ((int)redirect.StatusCode, redirect.Headers.ETag!.ToString()));
            Assert.Equal(bytes.Content, await http.GetByteArrayAsync(redirect.Headers.Location));
        }
    }
}
