using System.Buffers;
using System.Security.Cryptography;

namespace ModelZoo.Weights.Deltas;

/// <summary>Writes content as its difference from a base, or by itself, bit for bit recoverable (docs/adr/0008). One block is in memory at a time.</summary>
public static class DeltaEncoder
{
    /// <param name="content">What is to be stored: any bytes; the tensors of safetensors files are understood.</param>
    /// <param name="digest">Its SHA-256, which is checked on the way.</param>
    /// <param name="origin">The base, an earlier state of the same model; null to code the content by itself.</param>
    /// <param name="originDigest">SHA-256 of the base. It is recorded; whoever decodes finds the base by it.</param>
    /// <param name="output">Takes the container; writable and seekable, and empty.</param>
    /// <param name="blockBytes">A power of two from 4 KiB to 4 MiB.</param>
    /// <exception cref="DeltaFormatException">The content is not that of the digest.</exception>
    public static async Task<DeltaHeader> EncodeAsync(
        IByteSource content, ReadOnlyMemory<byte> digest, IByteSource? origin, ReadOnlyMemory<byte>? originDigest, Stream output,
        int blockBytes = DeltaHeader.DefaultBlockBytes, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(digest.Length, 32);
        if (originDigest is { Length: 0 }) originDigest = null;       // what an array that is null becomes
        if (origin is null != originDigest is null || originDigest is { Length: not 32 }) throw new ArgumentException("A base needs a digest of 32 bytes, and only a base.", nameof(originDigest));
        if (blockBytes is < DeltaHeader.MinBlockBytes or > DeltaHeader.MaxBlockBytes || !int.IsPow2(blockBytes)) throw new ArgumentOutOfRangeException(nameof(blockBytes));
        var (segments, shift) = await DeltaPlan.MakeAsync(content, origin, stop);
        var isBased = segments.Exists(segment => segment.IsBased);
        var header = new DeltaHeader(digest.ToArray(), isBased ? originDigest?.ToArray() : null, content.Length, isBased ? origin!.Length : 0, blockBytes, shift, segments);
        output.Position = header.BlocksAt;
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = (int)Math.Min(blockBytes + 8L, Math.Max(1, content.Length));
        byte[] own = ArrayPool<byte>.Shared.Rent(size), match = ArrayPool<byte>.Shared.Rent(size), stored = ArrayPool<byte>.Shared.Rent(DeltaBlock.MaxStored(size));
        try
        {
            var runs = new List<DeltaRun>();
            for (var block = 0; block < header.BlockCount; block++)
            {
                var length = header.BlockLength(block);
                await FillAsync(content, header.BlockStart(block), own.AsMemory(0, length), stop);
                sha.AppendData(own, 0, length);
                DeltaBlock.ListRuns(header, block, runs);
                foreach (var (target, offset, bytes) in BaseReads.Of(runs)) await FillAsync(origin!, offset, match.AsMemory(target, bytes), stop);
                header.BlockSums[block] = DeltaBlock.Sum(own.AsSpan(0, length));
                header.BlockLengths[block] = DeltaBlock.Encode(runs, own.AsSpan(0, length), match.AsSpan(0, length), stored);
                await output.WriteAsync(stored.AsMemory(0, header.BlockLengths[block]), stop);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(own);
            ArrayPool<byte>.Shared.Return(match);
            ArrayPool<byte>.Shared.Return(stored);
        }
        if (!sha.GetHashAndReset().AsSpan().SequenceEqual(digest.Span)) throw new DeltaFormatException("The content is not that of its digest.");
        var end = output.Position;
        output.Position = 0;
        await output.WriteAsync(header.ToBytes(), stop);
        output.Position = end;
        return header;
    }

    static async ValueTask FillAsync(IByteSource source, long offset, Memory<byte> buffer, CancellationToken stop)
    {
        for (var done = 0; done < buffer.Length;)
        {
            var read = await source.ReadAsync(offset + done, buffer[done..], stop);
            if (read <= 0) throw new DeltaFormatException("The content or its base ends too early.");
            done += read;
        }
    }
}
