namespace ModelZoo.Xet;

/// <summary>A serialized xorb, without a footer, and what it holds.</summary>
public sealed record Xorb(XorbIndex Index, ReadOnlyMemory<byte> Bytes)
{
    public XetHash Hash => Index.Hash;

    /// <summary>Walks and verifies a serialized xorb that is in memory; a footer is checked and left out.</summary>
    /// <exception cref="XetFormatException">Not a xorb, or not one that it says it is.</exception>
    public static Xorb Parse(ReadOnlyMemory<byte> serialized)
    {
        var index = new XorbIndexBuilder();
        var content = new byte[XetLimits.MaxChunkBytes];
        var rest = serialized.Span;
        while (!rest.IsEmpty && !XorbFooter.StartsAt(rest))
        {
            var header = ChunkHeader.Parse(rest);
            if (rest.Length - ChunkHeader.Size < header.StoredLength) throw new XetFormatException("The xorb is truncated in a chunk.");
            var chunk = content.AsSpan(0, header.Length);
            ChunkCodec.Decode(header, rest.Slice(ChunkHeader.Size, header.StoredLength), chunk);
            index.Add(XetHashes.OfChunk(chunk), ChunkHeader.Size + header.StoredLength, header.Length);
            rest = rest[(ChunkHeader.Size + header.StoredLength)..];
        }
        var built = index.Build();
        if (!rest.IsEmpty) XorbFooter.Verify(rest, built);
        return new(built, serialized[..built.StoredLength]);
    }
}
