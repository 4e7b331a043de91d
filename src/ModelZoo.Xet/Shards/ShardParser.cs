using System.Buffers.Binary;

namespace ModelZoo.Xet;

/// <summary>Reads a shard from memory. Counts are compared with the bytes that are left before anything is made for them.</summary>
ref struct ShardParser(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> _all = bytes;
    ReadOnlySpan<byte> _rest;

    public Shard Parse()
    {
        if (_all.Length > XetLimits.MaxShardBytes) throw new XetFormatException($"A shard has at most {XetLimits.MaxShardBytes} bytes.");
        if (_all.Length < ShardFormat.HeaderBytes) throw new XetFormatException("The shard is truncated in its header.");
        if (!_all.StartsWith(ShardFormat.Tag)) throw new XetFormatException("Not a shard.");
        if (U64(_all, 32) is var version && version != ShardFormat.HeaderVersion) throw new XetFormatException($"A shard of version {version}; {ShardFormat.HeaderVersion} is known.");
        var footerBytes = U64(_all, 40);
        if (footerBytes is not (0 or ShardFormat.FooterBytes)) throw new XetFormatException($"A shard with a footer of {footerBytes} bytes.");
        if (_all.Length < ShardFormat.HeaderBytes + (int)footerBytes) throw new XetFormatException("The shard is truncated before its footer.");
        _rest = _all[ShardFormat.HeaderBytes..^(int)footerBytes];
        var files = new List<ShardFile>();
        while (NextEntry("a file") is var entry && !entry.SequenceEqual(ShardFormat.Bookend)) files.Add(ParseFile(entry));
        var xorbs = new List<ShardXorb>();
        while (NextEntry("a xorb") is var entry && !entry.SequenceEqual(ShardFormat.Bookend)) xorbs.Add(ParseXorb(entry));
        if (footerBytes == 0)
        {
            if (!_rest.IsEmpty) throw new XetFormatException($"{_rest.Length} bytes follow the shard.");
            return new(files, xorbs, null);
        }
        // Between the xorbs and the footer stand tables for looking things up in the file; they follow from what was read.
        return new(files, xorbs, ParseFooter(_all[^ShardFormat.FooterBytes..]));
    }

    ShardFile ParseFile(ReadOnlySpan<byte> header)
    {
        uint flags = U32(header, 32), count = U32(header, 36);
        if ((flags & ~(ShardFile.HasVerification | ShardFile.HasSha256)) != 0) throw new XetFormatException("A file of the shard has unknown flags.");
        var hasVerification = (flags & ShardFile.HasVerification) != 0;
        RequireEntries(count * (hasVerification ? 2L : 1), "terms");
        var terms = new ShardTerm[count];
        long length = 0;
        for (var i = 0; i < terms.Length; i++)
        {
            var entry = NextEntry("a term");
            uint bytes = U32(entry, 36), start = U32(entry, 40), end = U32(entry, 44);
            if (end > XetLimits.MaxXorbChunks || start >= end) throw new XetFormatException($"A term takes chunks {start} to {end}; a xorb has at most {XetLimits.MaxXorbChunks}.");
            if (bytes == 0 || bytes > (end - start) * (ulong)XetLimits.MaxChunkBytes) throw new XetFormatException($"A term declares {bytes} bytes in {end - start} chunks.");
            terms[i] = new(XetHash.FromBytes(entry[..XetHash.Size]), new((int)start, (int)end), bytes);
            length += bytes;
        }
        XetHash[]? verification = null;
        if (hasVerification)
        {
            verification = new XetHash[count];
            for (var i = 0; i < verification.Length; i++) verification[i] = XetHash.FromBytes(NextEntry("a verification hash")[..XetHash.Size]);
        }
        XetHash? sha256 = (flags & ShardFile.HasSha256) != 0 ? XetHash.FromBytes(NextEntry("a SHA-256")[..XetHash.Size]) : null;
        return new(XetHash.FromBytes(header[..XetHash.Size]), terms, verification, sha256);
    }

    ShardXorb ParseXorb(ReadOnlySpan<byte> header)
    {
        uint count = U32(header, 36), contentLength = U32(header, 40), storedLength = U32(header, 44);
        if (count is 0 or > XetLimits.MaxXorbChunks) throw new XetFormatException($"A xorb of the shard has {count} chunks; 1 to {XetLimits.MaxXorbChunks} are allowed.");
        RequireEntries(count, "chunks");
        var chunks = new ShardChunk[count];
        long at = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            var entry = NextEntry("a chunk");
            uint start = U32(entry, 32), length = U32(entry, 36);
            if (start != at || length is 0 or > XetLimits.MaxChunkBytes) throw new XetFormatException($"A chunk of the shard has {length} bytes at {start}; it should begin at {at}.");
            chunks[i] = new(XetHash.FromBytes(entry[..XetHash.Size]), (int)start, (int)length, (U32(entry, 40) & ShardFormat.GlobalChunk) != 0);
            at += length;
        }
        if (at != contentLength) throw new XetFormatException($"A xorb of the shard declares {contentLength} bytes; its chunks have {at}.");
        return new(XetHash.FromBytes(header[..XetHash.Size]), chunks, contentLength, storedLength);
    }

    static ShardFooter ParseFooter(ReadOnlySpan<byte> footer)
    {
        if (U64(footer, 0) is var version && version != ShardFormat.FooterVersion) throw new XetFormatException($"A shard with a footer of version {version}.");
        return new(XetHash.FromBytes(footer.Slice(ShardFormat.HmacKey, XetHash.Size)), U64(footer, ShardFormat.CreatedAt), U64(footer, ShardFormat.ExpiresAt));
    }

    ReadOnlySpan<byte> NextEntry(string what)
    {
        if (_rest.Length < ShardFormat.EntryBytes) throw new XetFormatException($"The shard is truncated before {what}.");
        var entry = _rest[..ShardFormat.EntryBytes];
        _rest = _rest[ShardFormat.EntryBytes..];
        return entry;
    }

    readonly void RequireEntries(long count, string what)
    {
        if (count > _rest.Length / ShardFormat.EntryBytes) throw new XetFormatException($"The shard declares {count} {what} and is too short for them.");
    }

    static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
