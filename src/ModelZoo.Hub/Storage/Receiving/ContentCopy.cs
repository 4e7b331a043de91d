using System.Buffers;
using System.IO.Pipelines;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage.Receiving;

/// <summary>Reads content of a known length in large gulps, so that hashing and writing touch many bytes per call.</summary>
static class ContentCopy
{
    /// <summary>Larger gulps were no faster when measured; smaller ones cost more calls per byte.</summary>
    public const int GulpBytes = 1 << 20;

    /// <summary>
    /// Passes every byte of <paramref name="content"/> to <paramref name="take"/> in order, with its position, and returns at the
    /// content's end. Refuses content that is longer or shorter than announced; the excess is never passed on.
    /// </summary>
    public static async Task ReadExactlyAsync(
        PipeReader content, long sizeBytes, Action<ReadOnlySequence<byte>, long> take, CancellationToken stop)
    {
        for (long position = 0; ;)
        {
            var left = sizeBytes - position;
            // One more than what is left: the answer then is either the end or the proof of too much.
            var result = await content.ReadAtLeastAsync((int)Math.Min(GulpBytes, left + 1), stop);
            var bytes = result.Buffer;
            if (result.IsCanceled)
            {
                content.AdvanceTo(bytes.Start);
                throw new OperationCanceledException("Reading the content was cancelled.");
            }
            var length = bytes.Length;
            if (length > left)
            {
                content.AdvanceTo(bytes.Start);
                throw Refusal.Invalid($"More than the announced {sizeBytes} bytes were sent.");
            }
            try
            {
                if (length > 0) take(bytes, position);
            }
            finally
            {
                content.AdvanceTo(bytes.End);
            }
            position += length;
            if (!result.IsCompleted) continue;
            if (position < sizeBytes) throw Refusal.Invalid($"Only {position} of the announced {sizeBytes} bytes were sent.");
            return;
        }
    }

    /// <summary>Reads all content for its digest alone.</summary>
    public static async Task VerifyAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        using var sha = new SequenceHash();
        await ReadExactlyAsync(content, sizeBytes, (bytes, _) => sha.Append(bytes), stop);
        sha.Require(digest);
    }
}
