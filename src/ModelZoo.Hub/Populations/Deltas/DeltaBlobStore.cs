using System.IO.Pipelines;
using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Receiving;
using ModelZoo.Weights.Deltas;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>
/// A store of whole blobs, of which some are stored as their difference from another one and decoded as they are read: any range, at the cost of the
/// blocks that hold it, once for each link of the chain (docs/adr/0008). Bases and containers lie in the inner store, or are differences themselves.
/// </summary>
sealed class DeltaBlobStore(IBlobStore inner, BlobDeltas deltas, DeltaStore store) : IBlobStore, IDisposable
{
    public async Task<long?> FindSizeAsync(Digest digest, CancellationToken stop) =>
        await inner.FindSizeAsync(digest, stop) ?? (await deltas.FindNowAsync(digest, stop))?.SizeBytes;

    public async Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop)
    {
        // What is not known is looked for whole first: that is what most blobs are, and it costs no question to the database.
        if (deltas.FindKnown(digest) is { IsPlainGone: true } known && inner.FindLocalFile(digest) is null)
        {
            try
            {
                return await DecodeAsync(known, offset, length, stop);
            }
            catch (FileNotFoundException)
            {
                deltas.Forget(digest);
            }
        }
        try
        {
            return await inner.OpenReadAsync(digest, offset, length, stop);
        }
        catch (FileNotFoundException)
        {
            if (await deltas.FindNowAsync(digest, stop) is not { } delta) throw;
            return await DecodeAsync(delta, offset, length, stop);
        }
    }

    /// <summary>Reads through the container, also while the bytes themselves are there.</summary>
    /// <exception cref="FileNotFoundException">The container is not stored.</exception>
    public async Task<Stream> DecodeAsync(BlobDelta delta, long offset, long length, CancellationToken stop)
    {
        var header = await deltas.HeaderAsync(inner, delta, stop);
        return await DeltaStream.OpenAsync(
            header, (from, count, cancel) => inner.OpenReadAsync(delta.Container, from, count, cancel),
            delta.Base is { } origin ? (from, count, cancel) => OpenReadAsync(origin, from, count, cancel) : null, offset, length, stop);
    }

    /// <summary>Whether the blob's own bytes are there, whatever else is.</summary>
    public async Task<bool> HasOwnBytesAsync(BlobDelta delta, CancellationToken stop) => await inner.FindSizeAsync(delta.Digest, stop) == delta.SizeBytes;

    public string? FindLocalFile(Digest digest) => inner.FindLocalFile(digest);

    /// <summary>None of a blob that is, or soon will be, a difference: its object goes away while the address still holds.</summary>
    public async ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop) =>
        await inner.SignDownloadAsync(digest, contentType, contentDisposition, validFor, stop) is { } address && await deltas.FindAsync(digest, stop) is null ? address : null;

    /// <summary>Asked of xorbs alone, which are never stored so.</summary>
    public Uri? SignRange(Digest digest, long first, long last, TimeSpan validFor) => inner.SignRange(digest, first, last, validFor);

    /// <summary>Content that exists as a difference is verified and not stored a second time.</summary>
    public async Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        if (await inner.FindSizeAsync(digest, stop) is null && await deltas.FindNowAsync(digest, stop) is not null) await ContentCopy.VerifyAsync(digest, sizeBytes, content, stop);
        else await inner.WriteAsync(digest, sizeBytes, content, stop);
    }

    public Task<string> BeginPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) => inner.BeginPartsAsync(digest, sizeBytes, partBytes, stop);

    public bool TakesDirectParts(long sizeBytes) => inner.TakesDirectParts(sizeBytes);

    public Task<string> BeginDirectPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) => inner.BeginDirectPartsAsync(digest, sizeBytes, partBytes, stop);

    public Uri? SignPart(PartsUpload upload, int number, TimeSpan validFor) => inner.SignPart(upload, number, validFor);

    public Task<bool> IsJoinedAsync(PartsUpload upload, CancellationToken stop) => inner.IsJoinedAsync(upload, stop);

    public Task<string> WritePartAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop) => inner.WritePartAsync(upload, number, content, stop);

    public Task<IReadOnlyDictionary<int, string>> ListPartsAsync(PartsUpload upload, CancellationToken stop) => inner.ListPartsAsync(upload, stop);

    public async Task CompletePartsAsync(PartsUpload upload, CancellationToken stop)
    {
        await inner.CompletePartsAsync(upload, stop);
        // Sent although it was here: the bytes lie there once more, and are removed once more.
        if (await deltas.FindAsync(upload.Digest, stop) is { IsPlainGone: true })
        {
            await store.MarkPlainAsync(upload.Digest, stop);
            deltas.Forget(upload.Digest);
        }
    }

    public Task<bool> WasCompletedAsync(PartsUpload upload, CancellationToken stop) => inner.WasCompletedAsync(upload, stop);

    public Task AbandonPartsAsync(PartsUpload upload, CancellationToken stop) => inner.AbandonPartsAsync(upload, stop);

    /// <summary>Removes the blob's own bytes; its container goes when nothing refers to it.</summary>
    public Task<bool> DeleteAsync(Digest digest, CancellationToken stop)
    {
        deltas.Forget(digest);
        return inner.DeleteAsync(digest, stop);
    }

    public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken stop) => inner.ListAsync(stop);

    public Task<int> SweepStagedAsync(DateTimeOffset olderThan, CancellationToken stop) => inner.SweepStagedAsync(olderThan, stop);

    public Task CheckReadyAsync(CancellationToken stop) => inner.CheckReadyAsync(stop);

    public void Dispose() => (inner as IDisposable)?.Dispose();
}
