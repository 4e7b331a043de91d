using ModelZoo.Hub.Storage;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>Reads serialized xorbs: as they are stored, or made of a file's raw bytes where a xorb is only a view of a file.</summary>
sealed class XorbBytes(Xorbs xorbs)
{
    /// <summary>A range of the serialized xorb, without a footer. The caller has bounded it.</summary>
    /// <param name="blobs">The store of whole blobs: what holds a xorb's bytes is never made of xorbs itself.</param>
    /// <exception cref="FileNotFoundException">The xorb is not stored.</exception>
    public async Task<Stream> OpenAsync(IBlobStore blobs, XetHash hash, ByteRange range, CancellationToken stop)
    {
        try
        {
            return await OpenAsync(blobs, await GetAsync(hash, stop), range, stop);
        }
        catch (FileNotFoundException)
        {
            // Known from before it was swept: where it is now, the database says.
            xorbs.Forget(hash);
            return await OpenAsync(blobs, await GetAsync(hash, stop), range, stop);
        }
    }

    async ValueTask<StoredXorb> GetAsync(XetHash hash, CancellationToken stop) =>
        await xorbs.FindAsync(hash, stop) ?? throw new FileNotFoundException($"There is no xorb {hash}.");

    static async Task<Stream> OpenAsync(IBlobStore blobs, StoredXorb xorb, ByteRange range, CancellationToken stop)
    {
        if (range.Start < 0 || range.End > xorb.Index.StoredLength) throw new EndOfStreamException($"Xorb {xorb.Hash} has {xorb.Index.StoredLength} bytes; {range.Start} to {range.End} were asked for.");
        return xorb.ViewOffset is { } offset
            ? await ViewStream.OpenAsync(blobs, xorb, offset, range, stop)
            : await blobs.OpenReadAsync(xorb.Digest, range.Start, range.Length, stop);
    }
}
