using System.Buffers.Binary;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

/// <summary>Content that every implementation can make.</summary>
static class Made
{
    /// <summary>The SplitMix64 stream of the published vectors.</summary>
    public static byte[] Random(int length, ulong seed = 0)
    {
        var bytes = new byte[(length + 7) / 8 * 8];
        for (var i = 0; i < bytes.Length; i += 8)
        {
            var z = seed += 0x9e3779b97f4a7c15;
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
            z = (z ^ z >> 27) * 0x94d049bb133111eb;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i), z ^ z >> 31);
        }
        return bytes[..length];
    }

    /// <summary>Numbers around 0 as a model's weights are: four bytes each, whose last varies little.</summary>
    public static byte[] Weights(int length, int seed = 1)
    {
        var random = new Random(seed);
        var bytes = new byte[(length + 3) / 4 * 4];
        for (var i = 0; i < bytes.Length; i += 4) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i), (float)((random.NextDouble() + random.NextDouble() - 1) * 0.04));
        return bytes[..length];
    }

    public static List<(int End, XetHash Hash)> Chunks(ReadOnlySpan<byte> content, Func<int>? step = null)
    {
        var chunker = new GearChunker();
        var found = new List<(int, XetHash)>();
        int position = 0, start = 0;
        while (position < content.Length)
        {
            var piece = content.Slice(position, Math.Min(step?.Invoke() ?? content.Length, content.Length - position));
            while (!piece.IsEmpty)
            {
                var cut = chunker.TryCut(piece, out var taken);
                position += taken;
                piece = piece[taken..];
                if (!cut) continue;
                found.Add((position, XetHashes.OfChunk(content[start..position])));
                start = position;
            }
        }
        if (chunker.Finish() > 0) found.Add((content.Length, XetHashes.OfChunk(content[start..])));
        return found;
    }

    public static XetChunk[] Lengths(IReadOnlyList<(int End, XetHash Hash)> chunks) =>
        [.. chunks.Select((chunk, i) => new XetChunk(chunk.Hash, chunk.End - (i == 0 ? 0 : chunks[i - 1].End)))];
}
