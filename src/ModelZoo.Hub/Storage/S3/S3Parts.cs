using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Uploads in parts into S3: a multipart upload at a staging key. S3 checks no SHA-256 of a whole, so the joined object is read
/// back and hashed there, and only then copied to the key where it is visible. A mark stays at the staging key's side, so that a
/// repeated completion knows that this upload brought the bytes.
/// </summary>
/// <remarks>
/// A caller's part may be larger than memory should hold, so it is several S3 parts (pieces): part n is the pieces
/// (n - 1) · k + 1 … n · k. The handle is <c>ID/S3's upload id</c>. Parts that clients send to signed addresses are one S3 part
/// each, and the handle is <c>direct/ID/S3's upload id</c>. Even content that is sent whole is one part of a multipart upload and
/// not a simple object: when the parts are joined the address is dead, so what was hashed is what is published.
/// </remarks>
sealed class S3Parts(S3Bucket bucket, Func<Digest, string> keyOf)
{
    const string Direct = "direct/";

    /// <summary>How often in a row a read may break without bringing a byte.</summary>
    const int MaxBreaks = 5;

    public async Task<string> BeginAsync(long sizeBytes, long partBytes, CancellationToken stop)
    {
        PartsUpload.RequirePossible(sizeBytes, partBytes);
        var id = Guid.NewGuid().ToString("n");
        return $"{id}/{await bucket.BeginMultipartAsync(StagingKey(id), stop)}";
    }

    /// <summary>Like <see cref="BeginAsync"/>, for parts that clients send to <see cref="SignPart"/>.</summary>
    public async Task<string> BeginDirectAsync(long sizeBytes, long partBytes, CancellationToken stop) => Direct + await BeginAsync(sizeBytes, partBytes, stop);

    public Uri? SignPart(PartsUpload upload, int number, TimeSpan validFor)
    {
        upload.RequirePart(number);
        var (key, uploadId) = Locate(upload);
        return IsDirect(upload) ? bucket.Sign(new() { Key = key, Verb = HttpVerb.PUT, UploadId = uploadId, PartNumber = number }, validFor) : null;
    }

    public async Task<string> WriteAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop)
    {
        upload.RequirePart(number);
        if (IsDirect(upload)) throw Refusal.Invalid("The parts of this upload go to the addresses that were given out for them.");
        var (key, uploadId) = Locate(upload);
        var cut = Cut.Of(upload);
        try
        {
            var pieces = await new S3Sender(bucket, key, uploadId)
                .SendAsync(content, upload.PartLength(number), (int)cut.PieceBytes, cut.FirstPiece(number), null, stop);
            return Combine(pieces.Select(piece => piece.ETag));
        }
        catch (AmazonS3Exception e) when (S3Bucket.IsMissing(e))
        {
            throw Unknown();
        }
    }

    public async Task<IReadOnlyDictionary<int, string>> ListAsync(PartsUpload upload, CancellationToken stop)
    {
        if (TryLocate(upload, out var key, out var uploadId) && await FindPiecesAsync(key, uploadId, stop) is { } pieces)
            return Complete(upload, pieces);
        return new Dictionary<int, string>();
    }

    public async Task CompleteAsync(PartsUpload upload, CancellationToken stop)
    {
        var (key, uploadId) = Locate(upload);
        try
        {
            if (await bucket.FindSizeAsync(key, stop) is null && !await TryJoinAsync(upload, key, uploadId, stop)) return;
            await VerifyAsync(upload, key, stop);
            await PublishAsync(upload, key, stop);
        }
        catch (Exception e) when (e is FileNotFoundException || e is AmazonS3Exception missing && S3Bucket.IsMissing(missing))
        {
            // The staged object went away below us: a completion of the same upload was faster, or it was abandoned.
            if (!await WasCompletedAsync(upload, key, stop)) throw Unknown();
        }
    }

    /// <summary>Makes the staged object of the parts. False when this upload was completed before.</summary>
    async Task<bool> TryJoinAsync(PartsUpload upload, string key, string uploadId, CancellationToken stop)
    {
        if (await WasCompletedAsync(upload, key, stop)) return false;
        if (await FindPiecesAsync(key, uploadId, stop) is not { } pieces)
        {
            // A faster completion has joined them meanwhile (and then the object or its mark is there), or there never were any.
            if (await bucket.FindSizeAsync(key, stop) is not null) return true;
            return await WasCompletedAsync(upload, key, stop) ? false : throw Unknown();
        }
        var parts = Complete(upload, pieces);
        for (var number = 1; number <= upload.PartCount; number++)
            if (!parts.ContainsKey(number)) throw Refusal.Invalid($"Part {number} of {upload.PartCount} is missing.");
        List<PartETag> all = [.. pieces.Values.Select(piece => new PartETag(piece.PartNumber ?? 0, piece.ETag))];
        try
        {
            // False means a faster completion or a lost answer; the object tells.
            await bucket.TryCompleteMultipartAsync(key, uploadId, all, stop);
        }
        catch (Refusal refusal) when (refusal.Kind == RefusalKind.Unavailable)
        {
            // The Ceph gateway says 500 as long as another completion of the same upload is under way.
            if (!await WasJoinedSoonAsync(upload, key, stop)) throw;
        }
        return true;
    }

    async Task<bool> WasJoinedSoonAsync(PartsUpload upload, string key, CancellationToken stop)
    {
        for (var look = 0; look < 10; look++)
        {
            if (await bucket.FindSizeAsync(key, stop) is not null || await WasCompletedAsync(upload, key, stop)) return true;
            await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
        }
        return false;
    }

    async Task VerifyAsync(PartsUpload upload, string key, CancellationToken stop)
    {
        var size = await bucket.FindSizeAsync(key, stop) ?? throw new FileNotFoundException("The staged object is gone.");
        if (size == upload.SizeBytes && await HashAsync(key, size, stop) == upload.Digest) return;
        await bucket.DeleteAsync(key, stop);
        throw Refusal.Invalid($"The joined parts are not the {upload.SizeBytes} bytes with SHA-256 {upload.Digest}; the upload was dropped.");
    }

    /// <summary>By a write that is refused when the blob is there already: whoever is faster, it is written once.</summary>
    async Task PublishAsync(PartsUpload upload, string key, CancellationToken stop)
    {
        var final = keyOf(upload.Digest);
        if (await bucket.FindSizeAsync(final, stop) != upload.SizeBytes) await S3Copy.CopyAsync(bucket, key, final, upload.SizeBytes, stop);
        if (await bucket.FindSizeAsync(final, stop) != upload.SizeBytes) throw new IOException("The object store lost the copy it made.");
        await bucket.TryPutAsync(Mark(key), [], 0, stop);
        await bucket.DeleteAsync(key, stop);
    }

    public async Task<bool> IsJoinedAsync(PartsUpload upload, CancellationToken stop) =>
        TryLocate(upload, out var key, out _) && await bucket.FindSizeAsync(key, stop) is not null;

    public async Task<bool> WasCompletedAsync(PartsUpload upload, CancellationToken stop) =>
        TryLocate(upload, out var key, out _) && await WasCompletedAsync(upload, key, stop);

    async Task<bool> WasCompletedAsync(PartsUpload upload, string key, CancellationToken stop) =>
        await bucket.FindSizeAsync(Mark(key), stop) is not null && await bucket.FindSizeAsync(keyOf(upload.Digest), stop) == upload.SizeBytes;

    async Task<Digest> HashAsync(string key, long sizeBytes, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ContentCopy.GulpBytes);
        try
        {
            using var sha = new SequenceHash();
            for (var (position, breaks) = (0L, 0); position < sizeBytes;)
            {
                var before = position;
                try
                {
                    await using var content = await bucket.OpenReadAsync(key, position, sizeBytes - position, stop);
                    for (int read; (read = await content.ReadAsync(buffer, stop)) > 0; position += read) sha.Append(buffer.AsSpan(0, read));
                }
                catch (Exception error) when (error is IOException and not FileNotFoundException or Refusal { Kind: RefusalKind.Unavailable })
                {
                    // A connection that broke: go on where it did, as long as that leads anywhere.
                    breaks = position > before ? 0 : breaks + 1;
                    if (breaks > MaxBreaks) throw;
                    await Task.Delay(TimeSpan.FromMilliseconds(100 << breaks), stop);
                }
            }
            return sha.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async Task AbandonAsync(PartsUpload upload, CancellationToken stop)
    {
        if (!TryLocate(upload, out var key, out var uploadId)) return;
        await bucket.AbortMultipartAsync(key, uploadId, stop);
        await bucket.DeleteAsync(key, stop);
        await bucket.DeleteAsync(Mark(key), stop);
    }

    /// <summary>The pieces that S3 holds, by number; null when it does not know the upload.</summary>
    async Task<SortedDictionary<int, PartDetail>?> FindPiecesAsync(string key, string uploadId, CancellationToken stop)
    {
        var pieces = new SortedDictionary<int, PartDetail>();
        var request = new ListPartsRequest { BucketName = bucket.Name, Key = key, UploadId = uploadId };
        try
        {
            for (ListPartsResponse page; ; request.PartNumberMarker = page.NextPartNumberMarker?.ToString())
            {
                page = await S3Bucket.CallAsync(() => bucket.Client.ListPartsAsync(request, stop));
                foreach (var piece in page.Parts ?? []) pieces[piece.PartNumber ?? 0] = piece;
                if (page.IsTruncated != true) return pieces;
            }
        }
        catch (AmazonS3Exception e) when (S3Bucket.IsMissing(e))
        {
            return null;
        }
    }

    static SortedDictionary<int, string> Complete(PartsUpload upload, SortedDictionary<int, PartDetail> pieces)
    {
        var cut = Cut.Of(upload);
        var parts = new SortedDictionary<int, string>();
        for (var number = 1; number <= upload.PartCount; number++)
        {
            var etags = new List<string>();
            for (long position = 0, length = upload.PartLength(number); position < length || position == 0; position += cut.PieceBytes)
                if (pieces.TryGetValue(cut.FirstPiece(number) + (int)(position / cut.PieceBytes), out var piece)
                    && piece.Size == Math.Min(cut.PieceBytes, length - position)) etags.Add(piece.ETag);
                else break;
            if (etags.Count == cut.CountPieces(upload.PartLength(number))) parts[number] = Combine(etags);
        }
        return parts;
    }

    /// <summary>One piece's own ETag, or a hash over those of several.</summary>
    static string Combine(IEnumerable<string> etags)
    {
        var bare = etags.Select(etag => etag.Trim('"')).ToList();
        return bare.Count == 1 ? $"\"{bare[0]}\"" : $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(' ', bare))))}\"";
    }

    string StagingKey(string id) => $"{bucket.Staging}{id}";

    static string Mark(string key) => $"{key}.verified";

    (string Key, string UploadId) Locate(PartsUpload upload) => TryLocate(upload, out var key, out var uploadId) ? (key, uploadId) : throw Unknown();

    bool TryLocate(PartsUpload upload, out string key, out string uploadId)
    {
        var handle = IsDirect(upload) ? upload.Handle[Direct.Length..] : upload.Handle;
        var slash = handle.IndexOf('/');
        var isOurs = Guid.TryParseExact(handle.AsSpan(0, Math.Max(0, slash)), "n", out var id);
        (key, uploadId) = isOurs ? (StagingKey(id.ToString("n")), handle[(slash + 1)..]) : ("", "");
        return isOurs && uploadId.Length > 0;
    }

    static bool IsDirect(PartsUpload upload) => upload.Handle.StartsWith(Direct, StringComparison.Ordinal);

    static Refusal Unknown() => Refusal.NotFound("The upload is unknown: it was completed, abandoned or swept.");

    /// <summary>How the caller's parts are cut into pieces of equal size (servers exist that insist on equal ones).</summary>
    readonly record struct Cut(int PiecesPerPart, long PieceBytes)
    {
        public static Cut Of(PartsUpload upload)
        {
            var partBytes = Math.Min(upload.PartBytes, Math.Max(1, upload.SizeBytes));
            if (IsDirect(upload)) return new(1, partBytes);
            var pieces = (int)Math.Clamp(partBytes / S3Sender.PieceBytes, 1, Math.Max(1, PartsUpload.MaxParts / upload.PartCount));
            return new(pieces, (partBytes + pieces - 1) / pieces);
        }

        public int FirstPiece(int part) => ((part - 1) * PiecesPerPart) + 1;

        public long CountPieces(long bytes) => Math.Max(1, (bytes + PieceBytes - 1) / PieceBytes);
    }
}
