using System.IO.Pipelines;
using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// The blob store that everybody sees: blobs that exist whole are the inner store's affair, and those that exist only as terms
/// are put together as they are read. So every facade, job and page works the same with either form.
/// </summary>
sealed class ReconstructingBlobStore(IBlobStore inner, XetFiles files, XetFileStore terms, Xorbs xorbs, XorbBytes bytes) : BlobStoreLayer(inner)
{
    public override async Task<long?> FindSizeAsync(Digest digest, CancellationToken stop) =>
        await Inner.FindSizeAsync(digest, stop) ?? (await terms.FindAsync(digest, stop) is { IsView: false } file ? file.SizeBytes : null);

    public override async Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop)
    {
        // What is not known is looked for whole first: that is what most blobs are, and it costs no question to the database.
        if (files.FindKnown(digest) is { IsView: false } known && Inner.FindLocalFile(digest) is null)
        {
            if (await ReconstructAsync(known, offset, length, stop) is { } content) return content;
            files.Forget(digest);       // it took another form since
        }
        try
        {
            return await Inner.OpenReadAsync(digest, offset, length, stop);
        }
        catch (FileNotFoundException)
        {
            if (await terms.FindAsync(digest, stop) is not { IsView: false } file) throw;
            files.Forget(digest);
            return await ReconstructAsync(file, offset, length, stop) ?? throw new EndOfStreamException($"The file {digest} has no terms.");
        }
    }

    /// <returns>Null when there are no terms any more.</returns>
    async Task<Stream?> ReconstructAsync(XetFile file, long offset, long length, CancellationToken stop)
    {
        if (length == 0) return Stream.Null;
        var needed = await terms.TermsAsync(file.Digest, offset, offset + length, stop);
        return needed.Count == 0 ? null : await TermStream.OpenAsync(Inner, xorbs, bytes, needed, offset, length, stop);
    }

    /// <summary>Only for blobs that are known to be whole: an address of an object that does not exist would be handed out otherwise.</summary>
    public override async ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop) =>
        files.IsKnownWhole(digest) ? await Inner.SignDownloadAsync(digest, contentType, contentDisposition, validFor, stop) : null;

    /// <summary>Content that exists as terms is verified and not stored a second time.</summary>
    public override async Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        if (await terms.FindAsync(digest, stop) is { IsView: false } && await Inner.FindSizeAsync(digest, stop) is null)
            await ContentCopy.VerifyAsync(digest, sizeBytes, content, stop);
        else await Inner.WriteAsync(digest, sizeBytes, content, stop);
    }

    public override Task<bool> DeleteAsync(Digest digest, CancellationToken stop)
    {
        files.Forget(digest);
        return Inner.DeleteAsync(digest, stop);
    }
}
