using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelZoo.Xet;

/// <summary>BLAKE3 with 32 bytes of output, plain or keyed, over content that is in memory.</summary>
public static class Blake3
{
    public const int KeyBytes = 32;

    /// <summary>Up to this much is hashed as one tree in one go; more is cut into subtrees of this size.</summary>
    internal const int SubtreeBytes = 128 * 1024;

    public static XetHash Hash(ReadOnlySpan<byte> content) => Hash(content, Blake3Core.Iv, 0, Blake3Width.Widest);

    /// <param name="key">32 bytes.</param>
    public static XetHash KeyedHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> content)
    {
        Span<uint> words = stackalloc uint[8];
        ReadKey(key, words);
        return Hash(content, words, Blake3Core.KeyedHash, Blake3Width.Widest);
    }

    internal static XetHash Hash(ReadOnlySpan<byte> content, ReadOnlySpan<uint> key, uint flags, Blake3Width width)
    {
        if (content.Length > SubtreeBytes)
        {
            var hasher = new Blake3Hasher(key, flags, width);
            hasher.Append(content);
            return hasher.Finish();
        }
        Span<uint> value = stackalloc uint[8];
        Subtree(content, key, 0, flags, isRoot: true, width, value);
        return ToHash(value);
    }

    internal static void ReadKey(ReadOnlySpan<byte> key, Span<uint> words)
    {
        if (key.Length != KeyBytes) throw new ArgumentException($"A BLAKE3 key has {KeyBytes} bytes, not {key.Length}.", nameof(key));
        for (var i = 0; i < 8; i++) words[i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
    }

    internal static XetHash ToHash(ReadOnlySpan<uint> value)
    {
        if (BitConverter.IsLittleEndian) return XetHash.FromBytes(MemoryMarshal.AsBytes(value));
        Span<byte> bytes = stackalloc byte[XetHash.Size];
        for (var i = 0; i < 8; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes[(4 * i)..], value[i]);
        return XetHash.FromBytes(bytes);
    }

    /// <summary>The chaining value of at most 128 KiB that start at chunk <paramref name="counter"/>.</summary>
    [SkipLocalsInit]
    internal static unsafe void Subtree(ReadOnlySpan<byte> content, ReadOnlySpan<uint> key, ulong counter, uint flags, bool isRoot, Blake3Width width, Span<uint> value)
    {
        if (content.Length <= Blake3Core.ChunkBytes)
        {
            Blake3Core.HashChunk(content, key, counter, flags | (isRoot ? Blake3Core.Root : 0), value);
            return;
        }
        var values = stackalloc uint[8 * SubtreeBytes / Blake3Core.ChunkBytes];
        var whole = content.Length / Blake3Core.ChunkBytes;
        var count = whole;
        fixed (byte* input = content)
        fixed (uint* keyWords = key)
        {
            Many(input, Blake3Core.ChunkBytes, Blake3Core.BlocksOfChunk, whole, keyWords, counter, 1, flags, Blake3Core.ChunkStart, Blake3Core.ChunkEnd, width, values);
            if (whole * Blake3Core.ChunkBytes < content.Length)
                Blake3Core.HashChunk(content[(whole * Blake3Core.ChunkBytes)..], key, counter + (uint)whole, flags, new Span<uint>(values + 8 * count++, 8));
            // Level by level; a last value without a neighbour goes up as it is, which gives BLAKE3's tree.
            while (count > 2)
            {
                var pairs = count / 2;
                Many((byte*)values, Blake3Core.BlockBytes, 1, pairs, keyWords, 0, 0, flags | Blake3Core.Parent, 0, 0, width, values);
                if ((count & 1) != 0) new Span<uint>(values + 8 * (count - 1), 8).CopyTo(new Span<uint>(values + 8 * pairs, 8));
                count = pairs + (count & 1);
            }
        }
        Join(new ReadOnlySpan<uint>(values, 16), key, flags | (isRoot ? Blake3Core.Root : 0), value);
    }

    /// <summary>The parent of two chaining values.</summary>
    internal static void Join(ReadOnlySpan<uint> children, ReadOnlySpan<uint> key, uint flags, Span<uint> value)
    {
        Span<byte> block = stackalloc byte[Blake3Core.BlockBytes];
        for (var i = 0; i < 16; i++) BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], children[i]);
        key.CopyTo(value);
        Blake3Core.Compress(value, block, 0, Blake3Core.BlockBytes, flags | Blake3Core.Parent);
    }

    /// <summary>Many inputs of whole blocks, as many at once as the processor can. Output may lie over input that has been read.</summary>
    static unsafe void Many(byte* input, int stride, int blocks, int count, uint* key, ulong counter, uint step, uint flags, uint first, uint last, Blake3Width width, uint* output)
    {
        if (width >= Blake3Width.Sixteen && Blake3Lanes16.IsSupported)
        {
            for (; count >= Blake3Lanes16.Lanes; count -= Blake3Lanes16.Lanes, input += Blake3Lanes16.Lanes * stride, output += 8 * Blake3Lanes16.Lanes, counter += step * Blake3Lanes16.Lanes)
                Blake3Lanes16.Hash(input, stride, blocks, key, counter, step, flags, first, last, output);
        }
        if (width >= Blake3Width.Eight && Blake3Lanes8.IsSupported)
        {
            for (; count >= Blake3Lanes8.Lanes; count -= Blake3Lanes8.Lanes, input += Blake3Lanes8.Lanes * stride, output += 8 * Blake3Lanes8.Lanes, counter += step * Blake3Lanes8.Lanes)
                Blake3Lanes8.Hash(input, stride, blocks, key, counter, step, flags, first, last, output);
        }
        Span<uint> value = stackalloc uint[8];
        for (; count > 0; count--, input += stride, output += 8, counter += step)
        {
            new ReadOnlySpan<uint>(key, 8).CopyTo(value);
            for (var block = 0; block < blocks; block++)
                Blake3Core.Compress(value, new ReadOnlySpan<byte>(input + block * Blake3Core.BlockBytes, Blake3Core.BlockBytes), counter, Blake3Core.BlockBytes,
                    flags | (block == 0 ? first : 0) | (block == blocks - 1 ? last : 0));
            value.CopyTo(new Span<uint>(output, 8));
        }
    }
}
