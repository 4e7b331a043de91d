using System.Buffers.Binary;

namespace ModelZoo.Xet;

/// <summary>
/// What older clients and stored objects have behind the chunks: the xorb's hash, its chunks' hashes and their ends (xet-core,
/// xorb_object/xorb_object_format.rs, XorbObjectInfoV1). All of it follows from the chunks, so it is compared and dropped.
/// </summary>
static class XorbFooter
{
    /// <summary>Bytes that are neither hash nor end: three tags with versions, the xorb's hash, three counts, two distances, 16 free, the length.</summary>
    const int FixedBytes = 8 + 32 + 8 + 4 + 8 + 4 + 4 + 4 + 4 + 16 + 4;

    const int EntryBytes = 32 + 4 + 4;

    public static int Length(int chunks) => FixedBytes + EntryBytes * chunks;

    /// <summary>The longest that there is; a reader need not hold more.</summary>
    public static readonly int MaxBytes = Length(XetLimits.MaxXorbChunks);

    public static bool StartsAt(ReadOnlySpan<byte> bytes) => bytes.StartsWith("XETBLOB"u8);

    /// <exception cref="XetFormatException">It does not say what the chunks say.</exception>
    public static void Verify(ReadOnlySpan<byte> footer, XorbIndex index)
    {
        if (footer.Length != Length(index.Count)) throw new XetFormatException($"The xorb's footer has {footer.Length} bytes; {index.Count} chunks need {Length(index.Count)}.");
        // Sixteen bytes before the length are free: newer clients put a nonce there.
        var expected = Encode(index);
        if (!footer[..^20].SequenceEqual(expected.AsSpan(0, expected.Length - 20)) || !footer[^4..].SequenceEqual(expected.AsSpan(expected.Length - 4)))
            throw new XetFormatException("The xorb's footer does not describe its chunks.");
    }

    public static byte[] Encode(XorbIndex index)
    {
        var footer = new byte[Length(index.Count)];
        var to = footer.AsSpan();
        Tag(ref to, "XETBLOB"u8, 1);
        Hash(ref to, index.Hash);
        Tag(ref to, "XBLBHSH"u8, 0);
        Word(ref to, index.Count);
        foreach (var chunk in index.Chunks) Hash(ref to, chunk.Hash);
        Tag(ref to, "XBLBBND"u8, 1);
        Word(ref to, index.Count);
        for (var i = 0; i < index.Count; i++) Word(ref to, (int)index.BytesOf(new(i, i + 1)).End);
        for (var i = 0; i < index.Count; i++) Word(ref to, index.ContentEnd(i));
        Word(ref to, index.Count);
        // Distances of the two sections from the end of the footer; the u32 of its length that follows does not count.
        const int Tail = 4 + 4 + 4 + 16;
        var boundaries = 8 + 4 + 8 * index.Count + Tail;
        Word(ref to, 8 + 4 + 32 * index.Count + boundaries);
        Word(ref to, boundaries);
        to = to[16..];
        Word(ref to, footer.Length - 4);
        return footer;
    }

    static void Tag(ref Span<byte> to, ReadOnlySpan<byte> tag, byte version)
    {
        tag.CopyTo(to);
        to[7] = version;
        to = to[8..];
    }

    static void Hash(ref Span<byte> to, XetHash hash)
    {
        hash.CopyTo(to);
        to = to[XetHash.Size..];
    }

    static void Word(ref Span<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, value);
        to = to[4..];
    }
}
