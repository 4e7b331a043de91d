using System.Buffers.Binary;

namespace ModelZoo.Xet;

/// <summary>What a xorb holds, kept beside its bytes: for each chunk its hash, its length, and where it ends in the stored xorb.</summary>
public sealed class XorbIndex
{
    const byte Version = 1;

    /// <summary>Version, u8; count, u24.</summary>
    const int HeaderBytes = 4;

    /// <summary>Hash; stored length with its header, u24; length, u24.</summary>
    const int EntryBytes = XetHash.Size + 3 + 3;

    readonly XetChunk[] _chunks;
    readonly int[] _ends;
    readonly int[] _contentEnds;
    XetHash? _hash;

    internal XorbIndex(XetChunk[] chunks, int[] ends)
    {
        (_chunks, _ends) = (chunks, ends);
        _contentEnds = new int[chunks.Length];
        var end = 0;
        for (var i = 0; i < chunks.Length; i++) _contentEnds[i] = end += chunks[i].Length;
    }

    /// <summary>Of a xorb that would hold these chunks as they are, uncompressed.</summary>
    /// <exception cref="XetFormatException">None, or more than a xorb may have.</exception>
    public static XorbIndex OfRaw(IReadOnlyList<XetChunk> chunks)
    {
        var builder = new XorbIndexBuilder(chunks.Count);
        foreach (var chunk in chunks) builder.Add(chunk.Hash, ChunkHeader.Size + chunk.Length, chunk.Length);
        return builder.Build();
    }

    /// <summary>Number of chunks; at least one.</summary>
    public int Count => _chunks.Length;

    public ReadOnlySpan<XetChunk> Chunks => _chunks;

    public ChunkRange All => new(0, Count);

    /// <summary>Bytes of the stored xorb, chunk headers included, without a footer.</summary>
    public int StoredLength => _ends[^1];

    /// <summary>Bytes of all chunks together; at most 1 GiB.</summary>
    public int ContentLength => _contentEnds[^1];

    /// <summary>The xorb's name, computed from its chunks.</summary>
    public XetHash Hash => _hash ??= MerkleAggregation.OfXorb(_chunks);

    public bool Contains(ChunkRange range) => range.Start >= 0 && range.Start < range.End && range.End <= Count;

    /// <summary>Where chunk <paramref name="chunk"/> begins in the xorb's content.</summary>
    public int ContentStart(int chunk) => chunk == 0 ? 0 : _contentEnds[chunk - 1];

    public int ContentEnd(int chunk) => _contentEnds[chunk];

    /// <summary>Bytes of a range of chunks when decoded.</summary>
    public int ContentLengthOf(ChunkRange range)
    {
        Check(range);
        return _contentEnds[range.End - 1] - ContentStart(range.Start);
    }

    /// <summary>Where a range of chunks lies in the stored xorb, headers included.</summary>
    public ByteRange BytesOf(ChunkRange range)
    {
        Check(range);
        return new(range.Start == 0 ? 0 : _ends[range.Start - 1], _ends[range.End - 1]);
    }

    /// <summary>The chunk that holds byte <paramref name="offset"/> of the xorb's content.</summary>
    public int ChunkAt(int offset)
    {
        if (offset < 0 || offset >= ContentLength) throw new ArgumentOutOfRangeException(nameof(offset));
        var found = Array.BinarySearch(_contentEnds, offset + 1);
        return found >= 0 ? found : ~found;
    }

    public XetHash VerificationHashOf(ChunkRange range)
    {
        Check(range);
        var hashes = new XetHash[range.Count];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = _chunks[range.Start + i].Hash;
        return XetHashes.OfVerification(hashes);
    }

    /// <summary>4 bytes and 38 for each chunk, for a database row.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[HeaderBytes + EntryBytes * Count];
        bytes[0] = Version;
        WriteU24(bytes.AsSpan(1), Count);
        for (int i = 0, start = 0; i < Count; start = _ends[i++])
        {
            var entry = bytes.AsSpan(HeaderBytes + EntryBytes * i, EntryBytes);
            _chunks[i].Hash.CopyTo(entry);
            WriteU24(entry[XetHash.Size..], _ends[i] - start);
            WriteU24(entry[(XetHash.Size + 3)..], _chunks[i].Length);
        }
        return bytes;
    }

    /// <exception cref="XetFormatException">Not what <see cref="Encode"/> writes, or beyond the limits.</exception>
    public static XorbIndex Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || bytes[0] != Version) throw new XetFormatException("Not a xorb index.");
        var count = ReadU24(bytes[1..]);
        if (count is 0 or > XetLimits.MaxXorbChunks) throw new XetFormatException($"A xorb index with {count} chunks; 1 to {XetLimits.MaxXorbChunks} are allowed.");
        if (bytes.Length != HeaderBytes + EntryBytes * count) throw new XetFormatException($"A xorb index of {count} chunks has {bytes.Length} bytes.");
        var builder = new XorbIndexBuilder(count);
        for (var i = 0; i < count; i++)
        {
            var entry = bytes.Slice(HeaderBytes + EntryBytes * i, EntryBytes);
            builder.Add(XetHash.FromBytes(entry[..XetHash.Size]), ReadU24(entry[XetHash.Size..]), ReadU24(entry[(XetHash.Size + 3)..]));
        }
        return builder.Build();
    }

    void Check(ChunkRange range)
    {
        if (!Contains(range)) throw new ArgumentOutOfRangeException(nameof(range), range, $"The xorb has {Count} chunks.");
    }

    static int ReadU24(ReadOnlySpan<byte> bytes) => bytes[0] | bytes[1] << 8 | bytes[2] << 16;

    static void WriteU24(Span<byte> bytes, int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        bytes[2] = (byte)(value >> 16);
    }
}
