using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Blobs as objects of an S3 bucket, for hubs of several nodes: <c>blobs/DIGEST</c> is visible, <c>staging/…</c> is on its way
/// in. Nothing appears under <c>blobs/</c> before it was verified: a single request carries verified bytes, a multipart upload
/// is completed after its last byte was hashed.
/// </summary>
sealed class S3BlobStore : IBlobStore, IDisposable
{
    readonly S3Bucket _bucket;
    readonly S3Parts _parts;
    readonly bool _signsDownloads;
    readonly long? _directAbove;

    public S3BlobStore(StorageOptions options)
    {
        _bucket = new(options);
        _parts = new(_bucket, Key);
        _signsDownloads = options.RedirectDownloads ?? true;
        _directAbove = options.DirectUploads ?? true ? options.DirectAboveBytes : null;
    }

    public Task<long?> FindSizeAsync(Digest digest, CancellationToken stop) => _bucket.FindSizeAsync(Key(digest), stop);

    public Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop) =>
        _bucket.OpenReadAsync(Key(digest), offset, length, stop);

    public string? FindLocalFile(Digest digest) => null;

    public ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop) =>
        new(SignDownload(digest, contentType, contentDisposition, validFor));

    Uri? SignDownload(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor)
    {
        if (!_signsDownloads) return null;
        var request = new GetPreSignedUrlRequest { Key = Key(digest), Verb = HttpVerb.GET };
        if (contentType is not null) request.ResponseHeaderOverrides.ContentType = contentType;
        if (contentDisposition is not null) request.ResponseHeaderOverrides.ContentDisposition = contentDisposition;
        return _bucket.Sign(request, validFor);
    }

    /// <summary>The Range header is part of what is signed, so the address is of no use for other bytes.</summary>
    public Uri? SignRange(Digest digest, long first, long last, TimeSpan validFor)
    {
        if (!_signsDownloads) return null;
        var request = new GetPreSignedUrlRequest { Key = Key(digest), Verb = HttpVerb.GET };
        request.Headers["Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes={first}-{last}");
        return _bucket.Sign(request, validFor);
    }

    public bool TakesDirectParts(long sizeBytes) => _directAbove is { } above && sizeBytes > above;

    public Task<string> BeginDirectPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) =>
        _parts.BeginDirectAsync(sizeBytes, partBytes, stop);

    public Uri? SignPart(PartsUpload upload, int number, TimeSpan validFor) => _parts.SignPart(upload, number, validFor);

    public async Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        if (await FindSizeAsync(digest, stop) == sizeBytes) await ContentCopy.VerifyAsync(digest, sizeBytes, content, stop);
        else if (sizeBytes <= S3Sender.PieceBytes) await WriteSmallAsync(digest, (int)sizeBytes, content, stop);
        else await WriteLargeAsync(digest, sizeBytes, content, stop);
    }

    async Task WriteSmallAsync(Digest digest, int sizeBytes, PipeReader content, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(sizeBytes);
        try
        {
            using var sha = new SequenceHash();
            await S3Sender.FillAsync(content, buffer, sizeBytes, isLast: true, stop);
            sha.Append(buffer.AsSpan(0, sizeBytes));
            sha.Require(digest);
            // A key that is taken holds the same verified bytes: someone else was faster.
            await _bucket.TryPutAsync(Key(digest), buffer, sizeBytes, stop);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async Task WriteLargeAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        var key = Key(digest);
        var pieceBytes = (int)Math.Max(S3Sender.PieceBytes, (sizeBytes + PartsUpload.MaxParts - 1) / PartsUpload.MaxParts);
        var uploadId = await _bucket.BeginMultipartAsync(key, stop);
        try
        {
            using var sha = new SequenceHash();
            var pieces = await new S3Sender(_bucket, key, uploadId).SendAsync(content, sizeBytes, pieceBytes, 1, sha, stop);
            sha.Require(digest);
            if (!await _bucket.TryCompleteMultipartAsync(key, uploadId, pieces, stop) && await FindSizeAsync(digest, stop) != sizeBytes)
                throw new IOException($"The object store lost the upload of {digest}.");
        }
        catch
        {
            await TryAbortAsync(key, uploadId);
            throw;
        }
    }

    /// <summary>Best effort, also after the caller has gone: what cannot be aborted now is swept later.</summary>
    async Task TryAbortAsync(string key, string uploadId)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _bucket.AbortMultipartAsync(key, uploadId, limit.Token);
        }
        catch (Exception e) when (e is Refusal or OperationCanceledException or AmazonS3Exception)
        {
            // The reason for aborting is what the caller should hear.
        }
    }

    public Task<string> BeginPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) =>
        _parts.BeginAsync(sizeBytes, partBytes, stop);

    public Task<string> WritePartAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop) =>
        _parts.WriteAsync(upload, number, content, stop);

    public Task<IReadOnlyDictionary<int, string>> ListPartsAsync(PartsUpload upload, CancellationToken stop) => _parts.ListAsync(upload, stop);

    public Task CompletePartsAsync(PartsUpload upload, CancellationToken stop) => _parts.CompleteAsync(upload, stop);

    public Task<bool> IsJoinedAsync(PartsUpload upload, CancellationToken stop) => _parts.IsJoinedAsync(upload, stop);

    public Task<bool> WasCompletedAsync(PartsUpload upload, CancellationToken stop) => _parts.WasCompletedAsync(upload, stop);

    public Task AbandonPartsAsync(PartsUpload upload, CancellationToken stop) => _parts.AbandonAsync(upload, stop);

    public async Task<bool> DeleteAsync(Digest digest, CancellationToken stop)
    {
        if (await FindSizeAsync(digest, stop) is null) return false;
        await _bucket.DeleteAsync(Key(digest), stop);
        return true;
    }

    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var found in S3Sweep.ListAsync(_bucket, _bucket.Blobs, stop))
            if (Digest.TryParse(found.Key[_bucket.Blobs.Length..], out var digest))
                yield return new(digest, found.Size ?? 0, new DateTimeOffset((found.LastModified ?? default).ToUniversalTime()));
    }

    public Task<int> SweepStagedAsync(DateTimeOffset olderThan, CancellationToken stop) => S3Sweep.SweepAsync(_bucket, olderThan, stop);

    public async Task CheckReadyAsync(CancellationToken stop)
    {
        var key = $"{_bucket.Staging}{Guid.NewGuid():n}.probe";
        await _bucket.TryPutAsync(key, "ready?"u8.ToArray(), 6, stop);
        if (await _bucket.FindSizeAsync(key, stop) != 6) throw new IOException("The object store does not give back what was written to it.");
        await _bucket.DeleteAsync(key, stop);
    }

    string Key(Digest digest) => $"{_bucket.Blobs}{digest.Hex}";

    public void Dispose() => _bucket.Dispose();
}
