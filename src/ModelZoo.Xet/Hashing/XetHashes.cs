namespace ModelZoo.Xet;

/// <summary>The hashes of the protocol. Keys: xet-core, xet_core_structures/src/merklehash/data_hash.rs and metadata_shard/chunk_verification.rs.</summary>
public static class XetHashes
{
    static ReadOnlySpan<byte> ChunkKey =>
    [
        0x66, 0x97, 0xf5, 0x77, 0x5b, 0x95, 0x50, 0xde, 0x31, 0x35, 0xcb, 0xac, 0xa5, 0x97, 0x18, 0x1c,
        0x9d, 0xe4, 0x21, 0x10, 0x9b, 0xeb, 0x2b, 0x58, 0xb4, 0xd0, 0xb0, 0x4b, 0x93, 0xad, 0xf2, 0x29,
    ];

    static ReadOnlySpan<byte> NodeKey =>
    [
        0x01, 0x7e, 0xc5, 0xc7, 0xa5, 0x47, 0x29, 0x96, 0xfd, 0x94, 0x66, 0x66, 0xb4, 0x8a, 0x02, 0xe6,
        0x5d, 0xdd, 0x53, 0x6f, 0x37, 0xc7, 0x6d, 0xd2, 0xf8, 0x63, 0x52, 0xe6, 0x4a, 0x53, 0x71, 0x3f,
    ];

    static ReadOnlySpan<byte> VerificationKey =>
    [
        0x7f, 0x18, 0x57, 0xd6, 0xce, 0x56, 0xed, 0x66, 0x12, 0x7f, 0xf9, 0x13, 0xe7, 0xa5, 0xc3, 0xf3,
        0xa4, 0xcd, 0x26, 0xd5, 0xb5, 0xdb, 0x49, 0xe6, 0x41, 0x24, 0x98, 0x7f, 0x28, 0xfb, 0x94, 0xc3,
    ];

    /// <summary>The hash of a chunk's uncompressed bytes.</summary>
    public static XetHash OfChunk(ReadOnlySpan<byte> content) => Blake3.KeyedHash(ChunkKey, content);

    /// <summary>A file's hash from the Merkle root over its chunks; an empty file has the zero hash.</summary>
    public static XetHash OfFile(XetHash root)
    {
        // Only a file without chunks has no root; a list of one zero hash has a root, which MerkleAggregation tells apart.
        Span<byte> key = stackalloc byte[Blake3.KeyBytes];
        key.Clear();
        Span<byte> bytes = stackalloc byte[XetHash.Size];
        root.CopyTo(bytes);
        return Blake3.KeyedHash(key, bytes);
    }

    /// <summary>Shows that whoever sends a term knows the hashes of its chunks.</summary>
    public static XetHash OfVerification(ReadOnlySpan<XetHash> chunks)
    {
        var bytes = new byte[chunks.Length * XetHash.Size];
        for (var i = 0; i < chunks.Length; i++) chunks[i].CopyTo(bytes.AsSpan(i * XetHash.Size));
        return Blake3.KeyedHash(VerificationKey, bytes);
    }

    /// <summary>What a deduplication answer shows instead of a chunk's hash, so that only those who know the chunk recognise it.</summary>
    /// <param name="key">The answer's key; the zero key means that hashes are shown as they are.</param>
    public static XetHash Conceal(XetHash chunk, XetHash key)
    {
        if (key.IsZero) return chunk;
        Span<byte> keyBytes = stackalloc byte[Blake3.KeyBytes];
        key.CopyTo(keyBytes);
        Span<byte> bytes = stackalloc byte[XetHash.Size];
        chunk.CopyTo(bytes);
        return Blake3.KeyedHash(keyBytes, bytes);
    }

    internal static XetHash OfNode(ReadOnlySpan<byte> text) => Blake3.KeyedHash(NodeKey, text);
}
