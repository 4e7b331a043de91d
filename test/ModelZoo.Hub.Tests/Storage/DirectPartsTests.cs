using System.Net;
using System.Web;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Storage;

/// <summary>Uploads whose bytes go from the client to the object store.</summary>
public sealed class DirectPartsTests : IAsyncLifetime
{
    const long PartBytes = 5 << 20;

    static readonly CancellationToken None = CancellationToken.None;
    static readonly Lazy<Task<StorageOptions>> Bucket = new(S3Server.CreateBucketAsync);
    static readonly HttpClient s_http = new();

    S3BlobStore _store = null!;
    StorageOptions _options = null!;

    public async ValueTask InitializeAsync()
    {
        _options = await Bucket.Value with { Prefix = $"{Guid.NewGuid():n}/" };
        _store = new(_options);
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Parts_sent_to_signed_addresses_become_a_blob_only_after_they_were_hashed()
    {
        var bytes = Bytes.Random((int)PartBytes + 12_345, 1);
        var upload = await BeginAsync(bytes);
        for (var number = 1; number <= upload.PartCount; number++) await PutAsync(upload, number, bytes.Part(number, PartBytes));
        Assert.Equal([1, 2], (await _store.ListPartsAsync(upload, None)).Keys);
        Assert.Null(await _store.FindSizeAsync(bytes.Digest, None));
        await Task.WhenAll(_store.CompletePartsAsync(upload, None), _store.CompletePartsAsync(upload, None));
        Assert.Equal(bytes.Size, await _store.FindSizeAsync(bytes.Digest, None));
        Assert.Equal(bytes.Content, await ReadAsync(bytes));
        Assert.True(await _store.WasCompletedAsync(upload, None));
    }

    [Fact]
    public async Task Content_sent_whole_is_one_part_and_its_address_is_dead_once_it_was_joined()
    {
        var (bytes, other) = (Bytes.Random(100_000, 2), Bytes.Random(100_000, 3));
        var upload = await BeginAsync(bytes);
        await PutAsync(upload, 1, bytes);
        await _store.CompletePartsAsync(upload, None);
        using var late = await s_http.PutAsync(_store.SignPart(upload, 1, TimeSpan.FromMinutes(1)), new ByteArrayContent(other.Content));
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        await _store.CompletePartsAsync(upload, None);
        Assert.Equal(bytes.Content, await ReadAsync(bytes));
    }

    [Fact]
    public async Task Bytes_that_were_not_promised_never_become_visible()
    {
        var (bytes, other) = (Bytes.Random(70_000, 4), Bytes.Random(70_000, 5));
        foreach (var wrong in new[] { other, new Bytes([.. bytes.Content, 1]), new Bytes(bytes.Content[..^1]) })
        {
            var upload = await BeginAsync(bytes);
            await PutAsync(upload, 1, wrong);
            Assert.Equal(RefusalKind.Invalid, (await Assert.ThrowsAsync<Refusal>(() => _store.CompletePartsAsync(upload, None))).Kind);
            Assert.Null(await _store.FindSizeAsync(bytes.Digest, None));
            Assert.Null(await _store.FindSizeAsync(wrong.Digest, None));
        }
    }

    [Fact]
    public async Task Two_who_race_with_the_same_content_write_it_once()
    {
        var bytes = Bytes.Random(300_000, 6);
        var uploads = new List<PartsUpload>();
        for (var i = 0; i < 6; i++) uploads.Add(await BeginAsync(bytes));
        foreach (var upload in uploads) await PutAsync(upload, 1, bytes);
        await Task.WhenAll(uploads.Select(upload => _store.CompletePartsAsync(upload, None)));
        foreach (var upload in uploads) Assert.True(await _store.WasCompletedAsync(upload, None));
        Assert.Equal(bytes.Content, await ReadAsync(bytes));
    }

    [Fact]
    public async Task A_taken_key_refuses_a_second_object()
    {
        using var bucket = new S3Bucket(_options);
        var key = $"{bucket.Staging}once";
        Assert.True(await bucket.TryPutAsync(key, [1], 1, None));
        Assert.False(await bucket.TryPutAsync(key, [2], 1, None));
        // Joining parts asks for the same; a server that does not know the condition (Ceph before its release 19) joins all the same.
        var second = await bucket.BeginMultipartAsync(key, None);
        var part = await bucket.UploadPartAsync(key, second, 1, [3], 1, None);
        var joined = await bucket.TryCompleteMultipartAsync(key, second, [part], None);
        await using var content = await bucket.OpenReadAsync(key, 0, 1, None);
        Assert.Equal(joined ? 3 : 1, content.ReadByte());
    }

    [Fact]
    public async Task An_address_of_one_part_serves_nothing_else()
    {
        var bytes = Bytes.Random((int)PartBytes + 10, 7);
        var upload = await BeginAsync(bytes);
        var address = _store.SignPart(upload, 1, TimeSpan.FromMinutes(5))!;
        foreach (var tampered in new[]
        {
            address.AbsoluteUri.Replace("partNumber=1", "partNumber=2", StringComparison.Ordinal),
            address.AbsoluteUri.Replace("/staging/", "/blobs/", StringComparison.Ordinal),
        })
        {
            using var refused = await s_http.PutAsync(new Uri(tampered), new ByteArrayContent(bytes.Content[..10]));
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
        using var read = await s_http.GetAsync(address);
        Assert.Equal(HttpStatusCode.Forbidden, read.StatusCode);
        Assert.Equal(RefusalKind.Invalid, (await Assert.ThrowsAsync<Refusal>(() => _store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None))).Kind);
    }

    [Fact]
    public async Task Uploads_that_nobody_finished_are_swept()
    {
        var bytes = Bytes.Random(50_000, 8);
        var upload = await BeginAsync(bytes);
        await PutAsync(upload, 1, bytes);
        Assert.Equal(0, await _store.SweepStagedAsync(DateTimeOffset.UtcNow.AddHours(-1), None));
        Assert.Equal(1, await _store.SweepStagedAsync(DateTimeOffset.UtcNow.AddMinutes(5), None));
        Assert.Equal(RefusalKind.NotFound, (await Assert.ThrowsAsync<Refusal>(() => _store.CompletePartsAsync(upload, None))).Kind);
    }

    [Fact]
    public async Task Addresses_stand_where_clients_see_the_server()
    {
        using var store = new S3BlobStore(_options with { PublicEndpoint = "https://s3.example.org/far", RedirectDownloads = true });
        var bytes = Bytes.Random(10, 9);
        var upload = new PartsUpload(await store.BeginDirectPartsAsync(bytes.Digest, bytes.Size, PartBytes, None), bytes.Digest, bytes.Size, PartBytes);
        Assert.StartsWith($"https://s3.example.org/far/{_options.Bucket}/", store.SignPart(upload, 1, TimeSpan.FromMinutes(5))!.AbsoluteUri);
        Assert.StartsWith($"https://s3.example.org/far/{_options.Bucket}/", (await store.SignDownloadAsync(bytes.Digest, null, null, TimeSpan.FromMinutes(5), default))!.AbsoluteUri);
    }

    [Fact]
    public async Task A_node_whose_clock_is_wrong_signs_with_the_common_one()
    {
        var bytes = Bytes.Random(10, 10);
        var upload = await BeginAsync(bytes);
        try
        {
            S3Bucket.CorrectClock(TimeSpan.FromMinutes(17));
            var query = HttpUtility.ParseQueryString(_store.SignPart(upload, 1, TimeSpan.FromHours(1))!.Query);
            var at = DateTimeOffset.ParseExact(query["X-Amz-Date"]!, "yyyyMMdd'T'HHmmss'Z'", null, System.Globalization.DateTimeStyles.AssumeUniversal);
            Assert.InRange((at - DateTimeOffset.UtcNow).TotalMinutes, 16, 18);
            Assert.InRange(int.Parse(query["X-Amz-Expires"]!), 3500, 3700);
        }
        finally
        {
            S3Bucket.CorrectClock(TimeSpan.Zero);
        }
    }

    async Task<PartsUpload> BeginAsync(Bytes bytes) =>
        new(await _store.BeginDirectPartsAsync(bytes.Digest, bytes.Size, PartBytes, None), bytes.Digest, bytes.Size, PartBytes);

    async Task PutAsync(PartsUpload upload, int number, Bytes part)
    {
        using var put = await s_http.PutAsync(_store.SignPart(upload, number, TimeSpan.FromMinutes(5)), new ByteArrayContent(part.Content));
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        Assert.NotNull(put.Headers.ETag);
    }

    async Task<byte[]> ReadAsync(Bytes bytes)
    {
        await using var content = await _store.OpenReadAsync(bytes.Digest, 0, bytes.Size, None);
        using var read = new MemoryStream();
        await content.CopyToAsync(read);
        return read.ToArray();
    }
}
