using System.IO.Pipelines;
using ModelZoo.Git;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Large immutable bytes, named by SHA-256, written once. Two implementations, one contract suite: a folder and S3.
/// A blob is visible only when its length and digest were checked and it is durable. The store knows nothing of
/// repositories: who may read a blob is decided by its links.
/// </summary>
interface IBlobStore
{
    /// <summary>Length in bytes of a stored blob, or null when it is absent.</summary>
    Task<long?> FindSizeAsync(Digest digest, CancellationToken stop);

    /// <summary>
    /// Reads <paramref name="length"/> bytes from <paramref name="offset"/>; the caller has bounded both by the size.
    /// Throws <see cref="FileNotFoundException"/> when the blob is absent.
    /// </summary>
    Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop);

    /// <summary>The blob as a local file that may be sent without copying; null where there is none.</summary>
    string? FindLocalFile(Digest digest);

    /// <summary>An address outside the hub that serves the blob for a while without further credentials; null where there is none.</summary>
    Uri? SignDownload(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor);

    /// <summary>
    /// Stores a blob from one pass over <paramref name="content"/>. Returns when it is verified and durable.
    /// Does nothing but verify when the blob is there already. Refuses (Invalid) content that is shorter or longer than
    /// <paramref name="sizeBytes"/> or whose digest differs, and leaves nothing behind then.
    /// </summary>
    Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop);

    /// <summary>Begins an upload in parts. The result is the store's own handle, opaque to callers, at most 1,024 characters.</summary>
    Task<string> BeginPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop);

    /// <summary>Stores one part (numbered from 1; all but the last have exactly the part size). A part may be sent again. Returns its ETag, quoted.</summary>
    Task<string> WritePartAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop);

    /// <summary>The parts that are completely stored, by number.</summary>
    Task<IReadOnlyDictionary<int, string>> ListPartsAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>Joins the parts, verifies length and digest of the whole, makes it durable and visible. May be repeated after a crash.</summary>
    Task CompletePartsAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>Forgets an upload in parts and frees its bytes. Does nothing when it is gone.</summary>
    Task AbandonPartsAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>Removes a blob. False when it was absent.</summary>
    Task<bool> DeleteAsync(Digest digest, CancellationToken stop);

    /// <summary>All visible blobs, in no order.</summary>
    IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken stop);

    /// <summary>Removes staged bytes of writes and uploads that nobody finished and that are older than the moment given. Returns how many.</summary>
    Task<int> SweepStagedAsync(DateTimeOffset olderThan, CancellationToken stop);

    /// <summary>Throws when the store cannot take and give bytes now.</summary>
    Task CheckReadyAsync(CancellationToken stop);
}

/// <summary>A visible blob: its name, its length, and when it became visible.</summary>
sealed record StoredBlob(Digest Digest, long SizeBytes, DateTimeOffset StoredAt);

/// <summary>An upload in parts: what it will become, how it is cut, and the store's own handle to it.</summary>
sealed record PartsUpload(string Handle, Digest Digest, long SizeBytes, long PartBytes)
{
    /// <summary>Exactly ceil(size / part size), at least 1.</summary>
    public int PartCount => (int)Math.Max(1, (SizeBytes + PartBytes - 1) / PartBytes);

    public long PartLength(int number) => Math.Min(PartBytes, SizeBytes - ((number - 1) * PartBytes));
}
