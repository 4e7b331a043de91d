namespace ModelZoo.Xet;

/// <summary>
/// Reads a serialized xorb chunk by chunk and verifies as it goes, holding one chunk at a time. Stops at a footer, compares it with the
/// chunks, and expects nothing behind it.
/// </summary>
public sealed class XorbReader(Stream serialized)
{
    readonly byte[] _stored = new byte[ChunkHeader.Size + XetLimits.MaxStoredChunkBytes];
    readonly byte[] _content = new byte[XetLimits.MaxChunkBytes];
    readonly XorbIndexBuilder _builder = new();
    XorbIndex? _index;

    /// <summary>The current chunk as it is stored, header included. Valid until the next read; all of them together are the xorb without its footer.</summary>
    public ReadOnlyMemory<byte> Stored { get; private set; }

    /// <summary>The current chunk's content. Valid until the next read.</summary>
    public ReadOnlyMemory<byte> Content { get; private set; }

    /// <summary>The current chunk's hash, computed from its content.</summary>
    public XetHash Hash { get; private set; }

    /// <summary>What the xorb holds; there once <see cref="ReadAsync"/> has said false.</summary>
    public XorbIndex Index => _index ?? throw new InvalidOperationException("The xorb has not been read to its end.");

    /// <summary>The next chunk; false at the end of a xorb that is whole.</summary>
    /// <exception cref="XetFormatException">Not a xorb.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken stop)
    {
        if (_index is not null) return false;
        var got = await serialized.ReadAtLeastAsync(_stored.AsMemory(0, ChunkHeader.Size), ChunkHeader.Size, throwOnEndOfStream: false, stop);
        if (got == 0 || got == ChunkHeader.Size && XorbFooter.StartsAt(_stored))
        {
            var index = _builder.Build();
            if (got > 0) await VerifyFooterAsync(index, stop);
            _index = index;
            return false;
        }
        var header = ChunkHeader.Parse(_stored.AsSpan(0, got));
        var whole = ChunkHeader.Size + header.StoredLength;
        if (await serialized.ReadAtLeastAsync(_stored.AsMemory(got, header.StoredLength), header.StoredLength, throwOnEndOfStream: false, stop) < header.StoredLength)
            throw new XetFormatException("The xorb is truncated in a chunk.");
        ChunkCodec.Decode(header, _stored.AsSpan(ChunkHeader.Size, header.StoredLength), _content.AsSpan(0, header.Length));
        (Stored, Content) = (_stored.AsMemory(0, whole), _content.AsMemory(0, header.Length));
        Hash = XetHashes.OfChunk(Content.Span);
        _builder.Add(Hash, whole, header.Length);
        return true;
    }

    async ValueTask VerifyFooterAsync(XorbIndex index, CancellationToken stop)
    {
        // One byte more than there may be, to see what follows.
        var footer = new byte[XorbFooter.Length(index.Count) + 1];
        _stored.AsSpan(0, ChunkHeader.Size).CopyTo(footer);
        var got = await serialized.ReadAtLeastAsync(footer.AsMemory(ChunkHeader.Size), footer.Length - ChunkHeader.Size, throwOnEndOfStream: false, stop);
        XorbFooter.Verify(footer.AsSpan(0, ChunkHeader.Size + got), index);
    }
}
