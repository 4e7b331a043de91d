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
sealed class DeltaBlobStore(IBlobStore inner, BlobDeltas deltas, DeltaStore store) : BlobStoreLayer(inner)
{
    public override async Task<long?> FindSizeAsync(Digest digest, CancellationToken stop) =>
        await Inner.FindSizeAsync(digest, stop) ?? (await deltas.FindNowAsync(digest, stop))?.SizeBytes;

    public override async Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop)
    {
        // What is not known is looked for whole first: that is what most blobs are, and it costs no question to the database.
        if (deltas.FindKnown(digest) is { IsPlainGone: true } known && Inner.FindLocalFile(digest) is null)
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
            return await Inner.OpenReadAsync(digest, offset, length, stop);
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
        var header = await deltas.HeaderAsync(Inner, delta, stop);
        return await DeltaStream.OpenAsync(
            header, (from, count, cancel) => Inner.OpenReadAsync(delta.Container, from, count, cancel),
            delta.Base is { } origin ? (from, count, cancel) => OpenReadAsync(origin, from, count, cancel) : null, offset, length, stop);
    }

    /// <summary>Whether the blob's own bytes are there, whatever else is.</summary>
    public async Task<bool> HasOwnBytesAsync(BlobDelta delta, CancellationToken stop) => await Inner.FindSizeAsync(delta.Digest, stop) == delta.SizeBytes;

    /// <summary>None of a blob that is, or soon will be, a difference: its object goes away while the address still holds.</summary>
    public override async ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop) =>
        await Inner.SignDownloadAsync(digest, contentType, contentDisposition, validFor, stop) is { } address && await deltas.FindAsync(digest, stop) is null ? address : null;

    /// <summary>Content that exists as a difference is verified and not stored a second time.</summary>
    public override async Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        if (await Inner.FindSizeAsync(digest, stop) is null && await deltas.FindNowAsync(digest, stop) is not null) await ContentCopy.VerifyAsync(digest, sizeBytes, content, stop);
        else await Inner.WriteAsync(digest, sizeBytes, content, stop);
    }

    public override async Task CompletePartsAsync(PartsUpload upload, CancellationToken stop)
    {
        await Inner.CompletePartsAsync(upload, stop);
        // Sent although it was here: the bytes lie there once more, and are removed once more.
        if (await deltas.FindAsync(upload.Digest, stop) is { IsPlainGone: true })
        {
            await store.MarkPlainAsync(upload.Digest, stop);
            deltas.Forget(upload.Digest);
        }
    }

    /// <summary>Removes the blob's own bytes; its container goes when nothing refers to it.</summary>
    public override Task<bool> DeleteAsync(Digest digest, CancellationToken stop)
    {
        deltas.Forget(digest);
        return Inner.DeleteAsync(digest, stop);
    }
}
