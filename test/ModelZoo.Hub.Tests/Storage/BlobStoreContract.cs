using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Storage;

/// <summary>What every blob store does. Runs for the folder and for S3.</summary>
public abstract class BlobStoreContract : IAsyncLifetime
{
    const int PartBytes = (int)PartsUpload.MinPartBytes;
    static readonly CancellationToken None = CancellationToken.None;

    private protected IBlobStore Store { get; private set; } = null!;

    private protected abstract Task<IBlobStore> OpenStoreAsync();

    public async ValueTask InitializeAsync() => Store = await OpenStoreAsync();

    public virtual ValueTask DisposeAsync()
    {
        (Store as IDisposable)?.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Nothing visible and nothing staged.</summary>
    async Task AssertNoTraceAsync()
    {
        Assert.Empty(await ListAsync());
        Assert.Equal(0, await Store.SweepStagedAsync(DateTimeOffset.MaxValue, None));
    }

    async Task<List<StoredBlob>> ListAsync()
    {
        var all = new List<StoredBlob>();
        await foreach (var blob in Store.ListAsync(None)) all.Add(blob);
        return all;
    }

    async Task<byte[]> ReadAsync(Digest digest, long offset, long length)
    {
        await using var stream = await Store.OpenReadAsync(digest, offset, length, None);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    async Task<PartsUpload> BeginAsync(Bytes bytes)
    {
        var handle = await Store.BeginPartsAsync(bytes.Digest, bytes.Size, PartBytes, None);
        Assert.InRange(handle.Length, 1, 1024);
        return new(handle, bytes.Digest, bytes.Size, PartBytes);
    }

    static async Task<string> RefusedAsync(RefusalKind kind, Func<Task> act)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(act);
        Assert.Equal(kind, refusal.Kind);
        return refusal.Message;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData((8 << 20) - 1)]
    [InlineData(8 << 20)]
    [InlineData((8 << 20) + 1)]
    [InlineData((24 << 20) + 12345)]
    public async Task A_written_blob_is_listed_and_read_back(int length)
    {
        var bytes = Bytes.Random(length, length);
        Assert.Null(await Store.FindSizeAsync(bytes.Digest, None));

        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);

        Assert.Equal(length, await Store.FindSizeAsync(bytes.Digest, None));
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, length));
        var listed = Assert.Single(await ListAsync());
        Assert.Equal((bytes.Digest, bytes.Size), (listed.Digest, listed.SizeBytes));
        Assert.InRange(listed.StoredAt, DateTimeOffset.UtcNow.AddMinutes(-2), DateTimeOffset.UtcNow.AddMinutes(2));
        Assert.Equal(0, await Store.SweepStagedAsync(DateTimeOffset.MaxValue, None));
    }

    [Fact]
    public async Task Any_range_is_read_exactly()
    {
        var bytes = Bytes.Random(100_003, 1);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        var random = new Random(2);
        for (var i = 0; i < 25; i++)
        {
            var offset = random.Next(100_003);
            var length = random.Next(100_003 - offset + 1);
            Assert.Equal(bytes.Content.AsSpan(offset, length).ToArray(), await ReadAsync(bytes.Digest, offset, length));
        }
        Assert.Equal(bytes.Content[^1..], await ReadAsync(bytes.Digest, 100_002, 1));
    }

    [Fact]
    public async Task An_absent_blob_is_a_missing_file()
    {
        var absent = Bytes.Random(10, 3).Digest;
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.OpenReadAsync(absent, 0, 10, None));
        Assert.Null(Store.FindLocalFile(absent));
        Assert.False(await Store.DeleteAsync(absent, None));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData((20 << 20) + 7)]
    public async Task Content_that_lies_about_length_or_digest_is_refused_and_leaves_no_trace(int length)
    {
        var bytes = Bytes.Random(length, 4);
        var other = Bytes.Random(length, 5);
        Assert.Contains("SHA-256", await RefusedAsync(RefusalKind.Invalid, () => Store.WriteAsync(other.Digest, length, bytes.Send(), None)), StringComparison.Ordinal);
        Assert.Contains("More than", await RefusedAsync(RefusalKind.Invalid, () => Store.WriteAsync(bytes.Digest, length - 1, bytes.Send(), None)), StringComparison.Ordinal);
        await RefusedAsync(RefusalKind.Invalid, () => Store.WriteAsync(bytes.Digest, length + 1, bytes.Send(), None));
        await RefusedAsync(RefusalKind.Invalid, () => Store.WriteAsync(bytes.Digest, length * 2L, bytes.Send(), None));
        await RefusedAsync(RefusalKind.Invalid, () => Store.WriteAsync(bytes.Digest, 0, bytes.Send(), None));
        await AssertNoTraceAsync();
    }

    [Fact]
    public async Task A_present_blob_is_still_verified_against_what_is_sent()
    {
        var bytes = Bytes.Random(50_000, 6);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        await RefusedAsync(RefusalKind.Invalid, () => Store.WriteAsync(bytes.Digest, bytes.Size, Bytes.Random(50_000, 7).Send(), None));
        await RefusedAsync(RefusalKind.Invalid, () => Store.WriteAsync(bytes.Digest, bytes.Size, Bytes.Random(49_999, 7).Send(), None));
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
        Assert.Single(await ListAsync());
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(17 << 20)]
    public async Task Concurrent_writers_of_one_blob_all_succeed(int length)
    {
        var bytes = Bytes.Random(length, 8);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None)));
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
        Assert.Single(await ListAsync());
        Assert.Equal(0, await Store.SweepStagedAsync(DateTimeOffset.MaxValue, None));
    }

    [Theory]
    [InlineData(200_000, 100_000)]
    [InlineData(30 << 20, 20 << 20)]
    public async Task A_write_cancelled_midway_leaves_no_trace(int length, int sent)
    {
        var bytes = Bytes.Random(length, 9);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WriteAsync(bytes.Digest, bytes.Size, bytes.SendAndHang(sent), stop.Token));
        await AssertNoTraceAsync();
    }

    [Fact]
    public async Task Parts_come_in_any_order_again_and_at_once()
    {
        var bytes = Bytes.Random((3 * PartBytes) + 777, 10);
        var upload = await BeginAsync(bytes);
        Assert.Equal(4, upload.PartCount);
        Assert.Empty(await Store.ListPartsAsync(upload, None));

        await Store.WritePartAsync(upload, 3, Bytes.Random(PartBytes, 11).Send(), None);
        var tags = await Task.WhenAll(new[] { 4, 1, 3, 2 }.Select(async n => (n, Tag: await Store.WritePartAsync(upload, n, bytes.Part(n, PartBytes).Send(), None))));

        var listed = await Store.ListPartsAsync(upload, None);
        Assert.Equal([1, 2, 3, 4], listed.Keys.Order());
        Assert.All(tags, tag => Assert.Equal(tag.Tag, listed[tag.n]));
        Assert.All(tags, tag => Assert.Matches("^\"[^\"]+\"$", tag.Tag));
        Assert.Null(await Store.FindSizeAsync(bytes.Digest, None));
        Assert.Empty(await ListAsync());

        await Store.CompletePartsAsync(upload, None);
        await Store.CompletePartsAsync(upload, None);
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
        await RefusedAsync(RefusalKind.NotFound, () => Store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None));
    }

    [Fact]
    public async Task One_part_sent_many_times_at_once_ends_whole_or_missing()
    {
        var bytes = Bytes.Random(PartBytes + 1000, 12);
        var upload = await BeginAsync(bytes);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            try
            {
                await Store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None);
                return "stored";
            }
            catch (Refusal refusal)
            {
                return refusal.Kind.ToString();
            }
        }));
        Assert.Contains("stored", outcomes);
        Assert.All(outcomes, outcome => Assert.Contains(outcome, new[] { "stored", "Conflict" }));
        await Store.WritePartAsync(upload, 2, bytes.Part(2, PartBytes).Send(), None);
        await Store.CompletePartsAsync(upload, None);
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
    }

    [Fact]
    public async Task Completing_several_times_at_once_succeeds()
    {
        for (var round = 0; round < 5; round++)
        {
            var bytes = Bytes.Random(PartBytes + 5, 130 + round);
            var upload = await BeginAsync(bytes);
            await Store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None);
            await Store.WritePartAsync(upload, 2, bytes.Part(2, PartBytes).Send(), None);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(i => CompleteAfterAsync(upload, i * round * 10)));
            Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
        }

        async Task CompleteAfterAsync(PartsUpload upload, int milliseconds)
        {
            await Task.Delay(milliseconds);
            await Store.CompletePartsAsync(upload, None);
        }
    }

    [Fact]
    public async Task An_incomplete_upload_is_refused_and_goes_on()
    {
        var bytes = Bytes.Random((2 * PartBytes) + 5, 14);
        var upload = await BeginAsync(bytes);
        await Store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None);
        await Store.WritePartAsync(upload, 3, bytes.Part(3, PartBytes).Send(), None);
        Assert.Contains("Part 2 of 3", await RefusedAsync(RefusalKind.Invalid, () => Store.CompletePartsAsync(upload, None)), StringComparison.Ordinal);
        await RefusedAsync(RefusalKind.Invalid, () => Store.WritePartAsync(upload, 2, Bytes.Random(PartBytes - 1, 1).Send(), None));
        await RefusedAsync(RefusalKind.Invalid, () => Store.WritePartAsync(upload, 2, Bytes.Random(PartBytes + 1, 1).Send(), None));
        await RefusedAsync(RefusalKind.Invalid, () => Store.WritePartAsync(upload, 4, Bytes.Random(1, 1).Send(), None));
        await RefusedAsync(RefusalKind.Invalid, () => Store.WritePartAsync(upload, 0, Bytes.Random(1, 1).Send(), None));
        Assert.Equal([1, 3], (await Store.ListPartsAsync(upload, None)).Keys.Order());
        await Store.WritePartAsync(upload, 2, bytes.Part(2, PartBytes).Send(), None);
        await Store.CompletePartsAsync(upload, None);
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
    }

    [Fact]
    public async Task Parts_that_join_to_other_bytes_are_never_visible()
    {
        var bytes = Bytes.Random(PartBytes + 9, 15);
        var upload = await BeginAsync(bytes);
        await Store.WritePartAsync(upload, 1, Bytes.Random(PartBytes, 16).Send(), None);
        await Store.WritePartAsync(upload, 2, bytes.Part(2, PartBytes).Send(), None);
        await RefusedAsync(RefusalKind.Invalid, () => Store.CompletePartsAsync(upload, None));
        await RefusedAsync(RefusalKind.NotFound, () => Store.CompletePartsAsync(upload, None));
        Assert.Null(await Store.FindSizeAsync(bytes.Digest, None));
        await AssertNoTraceAsync();
    }

    [Fact]
    public async Task A_large_part_is_stored_in_bounded_pieces()
    {
        var bytes = Bytes.Random(45 << 20, 17);
        var partBytes = 21 << 20;
        var upload = new PartsUpload(await Store.BeginPartsAsync(bytes.Digest, bytes.Size, partBytes, None), bytes.Digest, bytes.Size, partBytes);
        foreach (var n in new[] { 2, 3, 1 })
        {
            var tag = await Store.WritePartAsync(upload, n, bytes.Part(n, partBytes).Send(), None);
            Assert.Equal(tag, (await Store.ListPartsAsync(upload, None))[n]);
        }
        await Store.CompletePartsAsync(upload, None);
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
    }

    [Fact]
    public async Task An_empty_blob_comes_in_one_empty_part()
    {
        var bytes = new Bytes([]);
        var upload = await BeginAsync(bytes);
        await Store.WritePartAsync(upload, 1, bytes.Send(), None);
        Assert.Equal([1], (await Store.ListPartsAsync(upload, None)).Keys);
        await Store.CompletePartsAsync(upload, None);
        Assert.Equal(0, await Store.FindSizeAsync(bytes.Digest, None));
    }

    [Fact]
    public async Task An_upload_of_a_present_blob_is_verified_all_the_same()
    {
        var bytes = Bytes.Random(1000, 18);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        var honest = await BeginAsync(bytes);
        var liar = await BeginAsync(bytes);
        await RefusedAsync(RefusalKind.Invalid, () => Store.CompletePartsAsync(liar, None));
        await Store.WritePartAsync(honest, 1, bytes.Send(), None);
        await Store.WritePartAsync(liar, 1, Bytes.Random(1000, 19).Send(), None);
        await Store.CompletePartsAsync(honest, None);
        await RefusedAsync(RefusalKind.Invalid, () => Store.CompletePartsAsync(liar, None));
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
    }

    [Fact]
    public async Task An_abandoned_upload_is_gone()
    {
        var bytes = Bytes.Random(PartBytes + 1, 20);
        var upload = await BeginAsync(bytes);
        await Store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None);
        await Store.AbandonPartsAsync(upload, None);
        await Store.AbandonPartsAsync(upload, None);
        Assert.Empty(await Store.ListPartsAsync(upload, None));
        await RefusedAsync(RefusalKind.NotFound, () => Store.WritePartAsync(upload, 2, bytes.Part(2, PartBytes).Send(), None));
        await RefusedAsync(RefusalKind.NotFound, () => Store.CompletePartsAsync(upload, None));
        await AssertNoTraceAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("not-a-handle/x")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("00000000000000000000000000000000/2~unknown")]
    public async Task A_handle_that_the_store_did_not_make_is_unknown(string handle)
    {
        var bytes = Bytes.Random(10, 21);
        var upload = new PartsUpload(handle, bytes.Digest, bytes.Size, PartBytes);
        Assert.Empty(await Store.ListPartsAsync(upload, None));
        await Store.AbandonPartsAsync(upload, None);
        await RefusedAsync(RefusalKind.NotFound, () => Store.WritePartAsync(upload, 1, bytes.Send(), None));
        await RefusedAsync(RefusalKind.NotFound, () => Store.CompletePartsAsync(upload, None));
    }

    [Theory]
    [InlineData(-1, PartBytes)]
    [InlineData(100, PartBytes - 1)]
    [InlineData(100, 0)]
    [InlineData(100, long.MaxValue)]
    [InlineData((10_000L * PartBytes) + 1, PartBytes)]
    public async Task A_cut_that_no_store_could_keep_is_refused(long sizeBytes, long partBytes)
    {
        await RefusedAsync(RefusalKind.Invalid, () => Store.BeginPartsAsync(new Bytes([]).Digest, sizeBytes, partBytes, None));
        await AssertNoTraceAsync();
    }

    [Fact]
    public async Task A_part_cancelled_midway_counts_as_missing()
    {
        var bytes = Bytes.Random(PartBytes + 1, 22);
        var upload = await BeginAsync(bytes);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WritePartAsync(upload, 1, bytes.SendAndHang(3 << 20), stop.Token));
        Assert.Empty(await Store.ListPartsAsync(upload, None));
        await Store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None);
        await Store.WritePartAsync(upload, 2, bytes.Part(2, PartBytes).Send(), None);
        await Store.CompletePartsAsync(upload, None);
        Assert.Equal(bytes.Size, await Store.FindSizeAsync(bytes.Digest, None));
    }

    [Fact]
    public async Task The_sweep_takes_what_is_old_and_spares_what_is_new_and_what_is_visible()
    {
        var kept = Bytes.Random(5000, 23);
        await Store.WriteAsync(kept.Digest, kept.Size, kept.Send(), None);
        var bytes = Bytes.Random(PartBytes + 1, 24);
        var upload = await BeginAsync(bytes);
        await Store.WritePartAsync(upload, 1, bytes.Part(1, PartBytes).Send(), None);

        Assert.Equal(0, await Store.SweepStagedAsync(DateTimeOffset.UtcNow.AddMinutes(-10), None));
        Assert.Single(await Store.ListPartsAsync(upload, None));

        Assert.Equal(1, await Store.SweepStagedAsync(DateTimeOffset.UtcNow.AddMinutes(10), None));
        Assert.Empty(await Store.ListPartsAsync(upload, None));
        await RefusedAsync(RefusalKind.NotFound, () => Store.CompletePartsAsync(upload, None));
        Assert.Equal(kept.Content, await ReadAsync(kept.Digest, 0, kept.Size));
    }

    [Fact]
    public async Task A_deleted_blob_is_gone_and_may_come_again()
    {
        var bytes = Bytes.Random(5000, 25);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        Assert.True(await Store.DeleteAsync(bytes.Digest, None));
        Assert.False(await Store.DeleteAsync(bytes.Digest, None));
        await AssertNoTraceAsync();
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        Assert.Equal(bytes.Content, await ReadAsync(bytes.Digest, 0, bytes.Size));
    }

    [Fact]
    public async Task A_working_store_is_ready()
    {
        await Store.CheckReadyAsync(None);
        await AssertNoTraceAsync();
    }
}
