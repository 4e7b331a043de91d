namespace ModelZoo.Xet;

/// <summary>Sizes that both sides of the protocol agree on (xet-core, xet_core_structures/src/xorb_object/constants.rs, 2026-11).</summary>
public static class XetLimits
{
    public const int TargetChunkBytes = 64 * 1024;
    public const int MinChunkBytes = TargetChunkBytes / 8;
    public const int MaxChunkBytes = TargetChunkBytes * 2;

    /// <summary>A serialized xorb with its chunk headers, without a footer.</summary>
    public const int MaxXorbBytes = 64 * 1024 * 1024;
    public const int MaxXorbChunks = 8 * 1024;

    /// <summary>What a chunk may take when stored: a scheme that makes it longer is legal, and pointless.</summary>
    public const int MaxStoredChunkBytes = 2 * MaxChunkBytes;

    public const int MaxShardBytes = 64 * 1024 * 1024;
}
