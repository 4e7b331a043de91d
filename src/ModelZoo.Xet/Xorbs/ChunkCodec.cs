using System.Buffers;

namespace ModelZoo.Xet;

/// <summary>A chunk's bytes to and from the form in which a xorb stores them.</summary>
public static class ChunkCodec
{
    /// <summary>What <see cref="Encode"/> writes at most, header included.</summary>
    public static int MaxEncodedBytes(int length) => ChunkHeader.Size + Lz4Frame.MaxEncodedBytes(length);

    /// <summary>Writes header and body, compressed where that makes it shorter. Returns their length.</summary>
    public static int Encode(ReadOnlySpan<byte> chunk, Span<byte> stored)
    {
        if (chunk.Length is 0 or > XetLimits.MaxChunkBytes) throw new ArgumentException($"A chunk has 1 to {XetLimits.MaxChunkBytes} bytes, not {chunk.Length}.", nameof(chunk));
        var body = stored[ChunkHeader.Size..];
        var scheme = ChunkScheme.Lz4;
        int length;
        if (GroupingTest.Pays(chunk))
        {
            var groups = ArrayPool<byte>.Shared.Rent(chunk.Length);
            ByteGroups.Split(chunk, groups.AsSpan(0, chunk.Length));
            length = Lz4Frame.Encode(groups.AsSpan(0, chunk.Length), body);
            ArrayPool<byte>.Shared.Return(groups);
            scheme = ChunkScheme.GroupedLz4;
        }
        else
        {
            length = Lz4Frame.Encode(chunk, body);
        }
        if (length >= chunk.Length)
        {
            chunk.CopyTo(body);
            (scheme, length) = (ChunkScheme.Raw, chunk.Length);
        }
        new ChunkHeader(length, scheme, chunk.Length).Write(stored);
        return ChunkHeader.Size + length;
    }

    /// <summary>Fills <paramref name="chunk"/>, which has exactly the length that the header declares.</summary>
    /// <exception cref="XetFormatException">The body does not give exactly those bytes.</exception>
    public static void Decode(ChunkHeader header, ReadOnlySpan<byte> body, Span<byte> chunk)
    {
        if (chunk.Length != header.Length) throw new ArgumentException($"The chunk has {header.Length} bytes.", nameof(chunk));
        if (body.Length != header.StoredLength) throw new XetFormatException($"A chunk's body has {body.Length} bytes; its header declares {header.StoredLength}.");
        switch (header.Scheme)
        {
            case ChunkScheme.Raw:
                if (body.Length != chunk.Length) throw new XetFormatException("A raw chunk has another length than it declares.");
                body.CopyTo(chunk);
                break;
            case ChunkScheme.Lz4:
                Lz4Frame.Decode(body, chunk);
                break;
            case ChunkScheme.GroupedLz4:
                var groups = ArrayPool<byte>.Shared.Rent(chunk.Length);
                try
                {
                    Lz4Frame.Decode(body, groups.AsSpan(0, chunk.Length));
                    ByteGroups.Join(groups.AsSpan(0, chunk.Length), chunk);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(groups);
                }
                break;
            default:
                throw new XetFormatException($"A chunk has the unknown scheme {(byte)header.Scheme}.");
        }
    }

    /// <summary>Decodes whole chunks that lie one after the other, as a reconstruction's byte range gives them. Hashes are not looked at.</summary>
    /// <param name="content">As long as the chunks are together when decoded.</param>
    /// <exception cref="XetFormatException">Truncated, or not exactly <paramref name="count"/> chunks of that length.</exception>
    public static void DecodeAll(ReadOnlySpan<byte> stored, int count, Span<byte> content)
    {
        for (; count > 0; count--)
        {
            var header = ChunkHeader.Parse(stored);
            stored = stored[ChunkHeader.Size..];
            if (stored.Length < header.StoredLength) throw new XetFormatException("The xorb is truncated in a chunk.");
            if (content.Length < header.Length) throw new XetFormatException("The chunks are longer than declared.");
            Decode(header, stored[..header.StoredLength], content[..header.Length]);
            stored = stored[header.StoredLength..];
            content = content[header.Length..];
        }
        if (!stored.IsEmpty || !content.IsEmpty) throw new XetFormatException("The chunks are not those that were declared.");
    }
}
