using System.IO.Pipelines;
using ModelZoo.Git;

namespace ModelZoo.Hub.Storage;

/// <summary>A blob store on top of another one that does some things its own way: what is not overridden is the inner store's affair. It owns that one.</summary>
abstract class BlobStoreLayer(IBlobStore inner) : IBlobStore, IDisposable
{
    protected IBlobStore Inner => inner;

    public virtual Task<long?> FindSizeAsync(Digest digest, CancellationToken stop) => Inner.FindSizeAsync(digest, stop);

    public virtual Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop) => Inner.OpenReadAsync(digest, offset, length, stop);

    public virtual ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop) =>
        Inner.SignDownloadAsync(digest, contentType, contentDisposition, validFor, stop);

    public virtual Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop) => Inner.WriteAsync(digest, sizeBytes, content, stop);

    public virtual Task<bool> DeleteAsync(Digest digest, CancellationToken stop) => Inner.DeleteAsync(digest, stop);

    public virtual string? FindLocalFile(Digest digest) => Inner.FindLocalFile(digest);

    public virtual Uri? SignRange(Digest digest, long first, long last, TimeSpan validFor) => Inner.SignRange(digest, first, last, validFor);

    public virtual Task<string> BeginPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) => Inner.BeginPartsAsync(digest, sizeBytes, partBytes, stop);

    public virtual bool TakesDirectParts(long sizeBytes) => Inner.TakesDirectParts(sizeBytes);

    public virtual Task<string> BeginDirectPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) => Inner.BeginDirectPartsAsync(digest, sizeBytes, partBytes, stop);

    public virtual Uri? SignPart(PartsUpload upload, int number, TimeSpan validFor) => Inner.SignPart(upload, number, validFor);

    public virtual Task<bool> IsJoinedAsync(PartsUpload upload, CancellationToken stop) => Inner.IsJoinedAsync(upload, stop);

    public virtual Task<string> WritePartAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop) => Inner.WritePartAsync(upload, number, content, stop);

    public virtual Task<IReadOnlyDictionary<int, string>> ListPartsAsync(PartsUpload upload, CancellationToken stop) => Inner.ListPartsAsync(upload, stop);

    public virtual Task CompletePartsAsync(PartsUpload upload, CancellationToken stop) => Inner.CompletePartsAsync(upload, stop);

    public virtual Task<bool> WasCompletedAsync(PartsUpload upload, CancellationToken stop) => Inner.WasCompletedAsync(upload, stop);

    public virtual Task AbandonPartsAsync(PartsUpload upload, CancellationToken stop) => Inner.AbandonPartsAsync(upload, stop);

    public virtual IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken stop) => Inner.ListAsync(stop);

    public virtual Task<int> SweepStagedAsync(DateTimeOffset olderThan, CancellationToken stop) => Inner.SweepStagedAsync(olderThan, stop);

    public virtual Task CheckReadyAsync(CancellationToken stop) => Inner.CheckReadyAsync(stop);

    public void Dispose() => (Inner as IDisposable)?.Dispose();
}
