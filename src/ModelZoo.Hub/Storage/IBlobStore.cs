using System.IO.Pipelines;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Large immutable bytes, named by SHA-256, written once. Two implementations, one contract suite: a folder and S3.
/// A blob is visible only when its length and digest were checked and it is durable. The store knows nothing of
/// repositories: who may read a blob is decided by its links.
/// </summary>
/// <remarks>
/// A full disk or an object store that does not answer is a <see cref="Refusal"/> (Unavailable); nothing is left behind then.
/// The caller owns the <see cref="PipeReader"/>s it passes and completes them; a refused one may be only partly read.
/// </remarks>
interface IBlobStore
{
    /// <summary>Length in bytes of a stored blob, or null when it is absent.</summary>
    Task<long?> FindSizeAsync(Digest digest, CancellationToken stop);

    /// <summary>
    /// Reads <paramref name="length"/> bytes from <paramref name="offset"/>; the caller has bounded both by the size.
    /// Throws <see cref="FileNotFoundException"/> when the blob is absent. The stream ends after exactly that many bytes or
    /// throws <see cref="EndOfStreamException"/>: what is missing is never passed off as the end.
    /// </summary>
    Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop);

    /// <summary>The blob as a local file that may be sent without copying; null where there is none.</summary>
    string? FindLocalFile(Digest digest);

    /// <summary>An address outside the hub that serves the blob for a while without further credentials; null where there is none.</summary>
    ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop);

    /// <summary>An address outside the hub that gives exactly this range of a blob for a while, to requests that ask for this range; null where there is none.</summary>
    Uri? SignRange(Digest digest, long first, long last, TimeSpan validFor);

    /// <summary>
    /// Stores a blob from one pass over <paramref name="content"/>. Returns when it is verified and durable.
    /// Does nothing but verify when the blob is there already. Refuses (Invalid) content that is shorter or longer than
    /// <paramref name="sizeBytes"/> or whose digest differs, and leaves nothing behind then.
    /// </summary>
    Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop);

    /// <summary>
    /// Begins an upload in parts. The result is the store's own handle, opaque to callers, at most 1,024 characters. Refuses
    /// (Invalid) what <see cref="PartsUpload.RequirePossible"/> refuses, so that both stores accept the same.
    /// </summary>
    Task<string> BeginPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop);

    /// <summary>True when content of this size can be sent to an address outside the hub.</summary>
    bool TakesDirectParts(long sizeBytes);

    /// <summary>Begins an upload whose parts go to <see cref="SignPart"/> alone. Only where <see cref="TakesDirectParts"/>.</summary>
    Task<string> BeginDirectPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop);

    /// <summary>
    /// An address outside the hub that takes one part by PUT for a while without further credentials, and answers its ETag.
    /// Null where the upload was begun for parts that pass through the hub. After completion the address changes nothing any more.
    /// </summary>
    Uri? SignPart(PartsUpload upload, int number, TimeSpan validFor);

    /// <summary>
    /// Stores one part (numbered from 1; all but the last have exactly the part size). A part may be sent again and the later
    /// sending counts; a sending that is overtaken may be refused (Conflict). Returns the part's ETag, quoted.
    /// Refuses (NotFound) when the upload is unknown, abandoned or complete.
    /// </summary>
    Task<string> WritePartAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop);

    /// <summary>The ETags of the parts that are completely stored, by number. Empty when the upload is unknown.</summary>
    Task<IReadOnlyDictionary<int, string>> ListPartsAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>
    /// Joins the parts, verifies length and digest of the whole, makes it durable and visible. May be repeated after a crash
    /// and after success, until the upload is swept. Refuses (Invalid) when parts are missing, and then the upload goes on; or when the whole
    /// does not match its digest, and then the upload is gone. Refuses (NotFound) an unknown upload.
    /// </summary>
    Task CompletePartsAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>True when the parts were joined but not yet verified, because whoever did it was killed: completing it goes on from there.</summary>
    Task<bool> IsJoinedAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>True when the parts were joined, verified and made visible: also when whoever asked for it never heard so.</summary>
    Task<bool> WasCompletedAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>Forgets an upload in parts and frees its bytes. Does nothing when it is gone.</summary>
    Task AbandonPartsAsync(PartsUpload upload, CancellationToken stop);

    /// <summary>Removes a blob. False when it was absent.</summary>
    Task<bool> DeleteAsync(Digest digest, CancellationToken stop);

    /// <summary>All visible blobs, in no order.</summary>
    IAsyncEnumerable<StoredBlob> ListAsync(CancellationToken stop);

    /// <summary>
    /// Removes staged bytes of writes and uploads that nobody finished and that were last added to before the moment given,
    /// and the traces that let a completion be repeated. Returns how many.
    /// </summary>
    Task<int> SweepStagedAsync(DateTimeOffset olderThan, CancellationToken stop);

    /// <summary>Throws when the store cannot take and give bytes now.</summary>
    Task CheckReadyAsync(CancellationToken stop);
}
