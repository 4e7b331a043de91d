namespace ModelZoo.Xet;

/// <summary>The eight bytes before each chunk of a xorb.</summary>
public readonly record struct ChunkHeader(int StoredLength, ChunkScheme Scheme, int Length)
{
    public const int Size = 8;

    /// <exception cref="XetFormatException">Another version, an unknown scheme, or lengths beyond the limits.</exception>
    public static ChunkHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size) throw new XetFormatException("The xorb is truncated in a chunk's header.");
        if (bytes[0] != 0) throw new XetFormatException($"A chunk has version {bytes[0]}; only 0 exists.");
        var scheme = (ChunkScheme)bytes[4];
        if (scheme > ChunkScheme.GroupedLz4) throw new XetFormatException($"A chunk has the unknown scheme {bytes[4]}.");
        int stored = bytes[1] | bytes[2] << 8 | bytes[3] << 16, length = bytes[5] | bytes[6] << 8 | bytes[7] << 16;
        if (length is 0 or > XetLimits.MaxChunkBytes) throw new XetFormatException($"A chunk declares {length} bytes; 1 to {XetLimits.MaxChunkBytes} are allowed.");
        if (stored is 0 or > XetLimits.MaxStoredChunkBytes) throw new XetFormatException($"A chunk declares {stored} stored bytes; 1 to {XetLimits.MaxStoredChunkBytes} are allowed.");
        if (scheme == ChunkScheme.Raw && stored != length) throw new XetFormatException($"A raw chunk declares {stored} stored bytes for {length}.");
        return new(stored, scheme, length);
    }

    public void Write(Span<byte> bytes)
    {
        bytes[0] = 0;
        (bytes[1], bytes[2], bytes[3]) = ((byte)StoredLength, (byte)(StoredLength >> 8), (byte)(StoredLength >> 16));
        bytes[4] = (byte)Scheme;
        (bytes[5], bytes[6], bytes[7]) = ((byte)Length, (byte)(Length >> 8), (byte)(Length >> 16));
    }
}
