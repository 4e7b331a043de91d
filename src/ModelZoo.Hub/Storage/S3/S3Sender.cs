using System.Buffers;
using System.IO.Pipelines;
using Amazon.S3.Model;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Cuts passing content into pieces and uploads each as a part of an S3 multipart upload while the next one is filled: two
/// buffers, whatever the content's length. Pieces are whole in memory because a request that fails is sent again by the SDK.
/// </summary>
sealed class S3Sender(S3Bucket bucket, string key, string uploadId)
{
    /// <summary>Pieces have at least this size (but for the last), and less than twice of it unless 10,000 pieces would not suffice.</summary>
    public const int PieceBytes = 8 << 20;

    /// <summary>Sends <paramref name="sizeBytes"/> bytes as S3 parts numbered from <paramref name="firstNumber"/>.</summary>
    public async Task<List<PartETag>> SendAsync(
        PipeReader content, long sizeBytes, int pieceBytes, int firstNumber, SequenceHash? sha, CancellationToken stop)
    {
        var sent = new List<PartETag>();
        var filling = ArrayPool<byte>.Shared.Rent(pieceBytes);
        var sending = ArrayPool<byte>.Shared.Rent(pieceBytes);
        var inFlight = Task.FromResult<PartETag?>(null);
        try
        {
            for (long position = 0; position < sizeBytes || position == 0; position += pieceBytes)
            {
                var count = (int)Math.Min(pieceBytes, sizeBytes - position);
                var isLast = position + count == sizeBytes;
                await FillAsync(content, filling, count, isLast, stop);
                sha?.Append(filling.AsSpan(0, count));
                if (await inFlight is { } part) sent.Add(part);
                (filling, sending) = (sending, filling);
                inFlight = UploadAsync(firstNumber + sent.Count, sending, count, stop);
            }
            if (await inFlight is { } last) sent.Add(last);
            return sent;
        }
        finally
        {
            // The buffer in flight must not go to another renter while the request still reads it.
            await ((Task)inFlight).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(sending);
        }
    }

    async Task<PartETag?> UploadAsync(int number, byte[] buffer, int count, CancellationToken stop) =>
        await bucket.UploadPartAsync(key, uploadId, number, buffer, count, stop);

    /// <summary>Fills a buffer with exactly so many bytes; for the last piece the content must end there.</summary>
    public static async Task FillAsync(PipeReader content, byte[] buffer, int count, bool isLast, CancellationToken stop)
    {
        if (isLast)
        {
            await ContentCopy.ReadExactlyAsync(content, count, (bytes, position) => bytes.CopyTo(buffer.AsSpan((int)position)), stop);
            return;
        }
        for (var filled = 0; filled < count;)
        {
            var result = await content.ReadAtLeastAsync(Math.Min(ContentCopy.GulpBytes, count - filled), stop);
            if (result.IsCanceled)
            {
                content.AdvanceTo(result.Buffer.Start);
                throw new OperationCanceledException("Reading the content was cancelled.");
            }
            var bytes = result.Buffer.Slice(0, Math.Min(count - filled, result.Buffer.Length));
            bytes.CopyTo(buffer.AsSpan(filled));
            filled += (int)bytes.Length;
            var isEnd = result.IsCompleted && bytes.Length == result.Buffer.Length;
            content.AdvanceTo(bytes.End);
            if (isEnd) throw Refusal.Invalid("Fewer bytes were sent than announced.");
        }
    }
}
