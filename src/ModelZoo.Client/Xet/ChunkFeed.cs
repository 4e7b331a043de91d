using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>Whole chunks of a file, one after the other in one buffer, which goes back when the batch is disposed.</summary>
sealed class ChunkBatch(byte[] buffer) : IDisposable
{
    readonly List<(XetChunk Chunk, int Start)> _chunks = [];

    public int Count => _chunks.Count;

    public XetChunk this[int index] => _chunks[index].Chunk;

    public IReadOnlyList<XetChunk> Chunks => [.. _chunks.Select(one => one.Chunk)];

    public ReadOnlyMemory<byte> ContentOf(int index) => buffer.AsMemory(_chunks[index].Start, _chunks[index].Chunk.Length);

    public void Add(int start, int end) => _chunks.Add((new(XetHashes.OfChunk(buffer.AsSpan(start, end - start)), end - start), start));

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}

/// <summary>Reads a file once and cuts it, a few megabytes ahead of whoever takes the chunks. SHA-256 is computed on the way, beside the cutting.</summary>
static class ChunkFeed
{
    const int BatchBytes = 4 << 20;

    /// <summary>Batches that wait to be taken.</summary>
    const int Ahead = 2;

    public static async IAsyncEnumerable<ChunkBatch> ReadAsync(UploadSource source, IncrementalHash? sha, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var batches = Channel.CreateBounded<ChunkBatch>(new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(() => FillAsync(source, sha, batches.Writer, leaving.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(stop)) yield return batch;
        }
        finally
        {
            await leaving.CancelAsync();
            while (batches.Reader.TryRead(out var left)) left.Dispose();
            await reading;
        }
    }

    /// <summary>Never throws: what goes wrong reaches the reader through the channel.</summary>
    static async Task FillAsync(UploadSource source, IncrementalHash? sha, ChannelWriter<ChunkBatch> batches, CancellationToken stop)
    {
        var carried = new byte[XetLimits.MaxChunkBytes];
        try
        {
            await using var content = source.Open();
            var chunker = new GearChunker();
            var kept = 0;
            for (var left = source.SizeBytes; left > 0;)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(BatchBytes);
                var batch = new ChunkBatch(buffer);
                carried.AsSpan(0, kept).CopyTo(buffer);
                var wanted = (int)Math.Min(BatchBytes - kept, left);
                if (await content.ReadAtLeastAsync(buffer.AsMemory(kept, wanted), wanted, throwOnEndOfStream: false, stop) < wanted)
                    throw new IOException("A file became shorter while it was being uploaded.");
                left -= wanted;
                var from = kept;
                var hashing = sha is null ? Task.CompletedTask : Task.Run(() => sha.AppendData(buffer, from, wanted), CancellationToken.None);
                kept = Cut(batch, chunker, buffer, kept, kept + wanted, isLast: left == 0, carried);
                await hashing;
                await batches.WriteAsync(batch, stop);
            }
            batches.Complete();
        }
        catch (Exception e)
        {
            batches.Complete(e);
        }
    }

    /// <summary>Returns how many bytes of an open chunk were carried over.</summary>
    static int Cut(ChunkBatch batch, GearChunker chunker, byte[] buffer, int from, int end, bool isLast, byte[] carried)
    {
        var start = 0;
        for (var at = from; at < end && chunker.TryCut(buffer.AsSpan(at, end - at), out var taken); start = at)
        {
            at += taken;
            batch.Add(start, at);
        }
        if (isLast)
        {
            if (chunker.Finish() > 0) batch.Add(start, end);
            return 0;
        }
        buffer.AsSpan(start, end - start).CopyTo(carried);
        return end - start;
    }
}
