namespace ModelZoo.Xet;

/// <summary>Collects a xorb's chunks and refuses what is beyond the limits.</summary>
sealed class XorbIndexBuilder(int expected = 1024)
{
    readonly List<XetChunk> _chunks = new(Math.Min(expected, XetLimits.MaxXorbChunks));
    readonly List<int> _ends = new(Math.Min(expected, XetLimits.MaxXorbChunks));

    public int Count => _chunks.Count;

    public int StoredLength { get; private set; }

    public int ContentLength { get; private set; }

    /// <param name="stored">Bytes of the chunk in the xorb, its header included.</param>
    /// <exception cref="XetFormatException">More chunks or bytes than a xorb may have.</exception>
    public void Add(XetHash hash, int stored, int length)
    {
        if (length is <= 0 or > XetLimits.MaxChunkBytes) throw new XetFormatException($"A chunk of {length} bytes; 1 to {XetLimits.MaxChunkBytes} are allowed.");
        if (stored <= ChunkHeader.Size || stored > ChunkHeader.Size + XetLimits.MaxStoredChunkBytes) throw new XetFormatException($"A chunk that is stored in {stored} bytes.");
        if (Count == XetLimits.MaxXorbChunks) throw new XetFormatException($"A xorb has at most {XetLimits.MaxXorbChunks} chunks.");
        if (StoredLength + stored > XetLimits.MaxXorbBytes) throw new XetFormatException($"A xorb has at most {XetLimits.MaxXorbBytes} bytes.");
        _chunks.Add(new(hash, length));
        _ends.Add(StoredLength += stored);
        ContentLength += length;
    }

    /// <exception cref="XetFormatException">No chunks.</exception>
    public XorbIndex Build() => Count > 0 ? new([.. _chunks], [.. _ends]) : throw new XetFormatException("A xorb without chunks.");
}
