namespace ModelZoo.Xet;

/// <summary>How a chunk's bytes are stored in a xorb.</summary>
public enum ChunkScheme : byte
{
    Raw = 0,
    Lz4 = 1,

    /// <summary>Regrouped by position modulo 4, then an LZ4 frame.</summary>
    GroupedLz4 = 2,
}
