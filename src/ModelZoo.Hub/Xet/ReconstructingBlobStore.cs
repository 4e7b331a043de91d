using System.IO.Pipelines;
using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// The blob store that everybody sees: blobs that exist whole are the inner store's affair, and those that exist only as terms
/// are put together as they are read. So every facade, job and page works the same with either form.
/// </summary>
sealed class ReconstructingBlobStore(IBlobStore inner, XetFiles files, XetFileStore terms, Xorbs xorbs, XorbBytes bytes) : IBlobStore, IDisposable
{
    public async Task<long?> FindSizeAsync(Digest digest, CancellationToken stop) =>
        await inner.FindSizeAsync(digest, stop) ?? (await terms.FindAsync(digest, stop) is { IsView: false } file ? file.SizeBytes : null);

    public async Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop)
    {
        // What is not known is looked for whole first: that is what most blobs are, and it costs no question to the database.
        if (files.FindKnown(digest) is { IsView: false } known && inner.FindLocalFile(digest) is null)
        {
            if (await ReconstructAsync(known, offset, length, stop) is { } content) return content;
            files.Forget(digest);       // it took another form since
        }
        try
        {
            return await inner.OpenReadAsync(digest, offset, length, stop);
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
        return needed.Count == 0 ? null : await TermStream.OpenAsync(inner, xorbs, bytes, needed, offset, length, stop);
    }

    public string? FindLocalFile(Digest digest) => inner.FindLocalFile(digest);

    /// <summary>Only for blobs that are known to be whole: an address of an object that does not exist would be handed out otherwise.</summary>
    public async ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop) =>
        files.IsKnownWhole(digest) ? await inner.SignDownloadAsync(digest, contentType, contentDisposition, validFor, stop) : null;

    public Uri? SignRange(Digest digest, long first, long last, TimeSpan validFor) => inner.SignRange(digest, first, last, validFor);

    /// <summary>Content that exists as terms is verified and not stored a second time.</summary>
    public async Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        if (await terms.FindAsync(digest, stop) is { IsView: false } && await inner.FindSizeAsync(digest, stop) is null)
            await ContentCopy.VerifyAsync(digest, sizeBytes, content, stop);
        else await inner.WriteAsync(digest, sizeBytes, content, stop);
    }

    public Task<string> BeginPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) => inner.BeginPartsAsync(digest, sizeBytes, partBytes, stop);

    public bool TakesDirectParts(long sizeBytes) => inner.TakesDirectParts(sizeBytes);

    public Task<string> BeginDirectPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) => inner.BeginDirectPartsAsync(digest, sizeBytes, partBytes, stop);

    public Uri? SignPart(PartsUpload upload, int number, TimeSpan validFor) => inner.SignPart(upload, number, validFor);

    public Task<bool> IsJoinedAsync(PartsUpload upload, CancellationToken stop) => inner.IsJoinedAsync(upload, stop);

    public Task<string> WritePartAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop) => inner.WritePartAsync(upload, number, content, stop);

    public Task<IReadOnlyDictionary<int, string>> ListPartsAsync(PartsUpload upload, CancellationToken stop) => inner.ListPartsAsync(upload, stop);

    public Task CompletePartsAsync(PartsUpload upload, CancellationToken stop) => inner.CompletePartsAsync(upload, stop);

    public Task<bool> WasCompletedAsync(PartsUpload upload, CancellationToken stop) => inner.WasCompletedAsync(upload, stop);

    public Task AbandonPartsAsync(PartsUpload upload, CancellationToken stop) => inner.AbandonPartsAsync(upload, stop);

    public Task<bool> DeleteAsync(Digest digest, CancellationToken stop)
    {
        files.Forget(digest);
        return inner.DeleteAsync(digest, stop);
    }

    public IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken stop) => inner.ListAsync(stop);

    public Task<int> SweepStagedAsync(DateTimeOffset olderThan, CancellationToken stop) => inner.SweepStagedAsync(olderThan, stop);

    public Task CheckReadyAsync(CancellationToken stop) => inner.CheckReadyAsync(stop);

    public void Dispose() => (inner as IDisposable)?.Dispose();
}
