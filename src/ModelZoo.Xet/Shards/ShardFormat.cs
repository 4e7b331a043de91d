namespace ModelZoo.Xet;

/// <summary>Constants of the shard format (xet-core, xet_core_structures/src/metadata_shard/shard_format.rs).</summary>
static class ShardFormat
{
    public const int HeaderBytes = 48, EntryBytes = 48, FooterBytes = 200;
    public const ulong HeaderVersion = 2, FooterVersion = 1;
    public const uint GlobalChunk = 1u << 31;

    // Places in the footer.
    public const int FilesOffset = 8, XorbsOffset = 16, FileLookupOffset = 24, XorbLookupOffset = 40, ChunkLookupOffset = 56,
        HmacKey = 72, CreatedAt = 104, ExpiresAt = 112, StoredOnDisk = 168, Content = 176, Stored = 184, FooterOffset = 192;

    public static ReadOnlySpan<byte> Tag =>
    [
        (byte)'H', (byte)'F', (byte)'R', (byte)'e', (byte)'p', (byte)'o', (byte)'M', (byte)'e', (byte)'t', (byte)'a', (byte)'D', (byte)'a', (byte)'t', (byte)'a',
        0, 0x55, 0x69, 0x67, 0x45, 0x6a, 0x7b, 0x81, 0x57, 0x83, 0xa5, 0xbd, 0xd9, 0x5c, 0xcd, 0xd1, 0x4a, 0xa9,
    ];

    /// <summary>Ends the list of files and the list of xorbs.</summary>
    public static ReadOnlySpan<byte> Bookend =>
    [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
