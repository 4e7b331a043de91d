using System.Buffers.Binary;

namespace ModelZoo.Xet;

/// <summary>Writes a shard into memory of exactly its length.</summary>
static class ShardWriter
{
    public static byte[] Write(IReadOnlyList<ShardFile> files, IReadOnlyList<ShardXorb> xorbs, ShardFooter? footer)
    {
        var entries = 2 + files.Sum(EntriesOf) + xorbs.Sum(xorb => 1 + xorb.Chunks.Count);
        var length = ShardFormat.HeaderBytes + (long)entries * ShardFormat.EntryBytes + (footer is null ? 0 : ShardFormat.FooterBytes);
        if (length > XetLimits.MaxShardBytes) throw new ArgumentException($"A shard has at most {XetLimits.MaxShardBytes} bytes; this would have {length}.", nameof(files));
        var bytes = new byte[length];
        var to = bytes.AsSpan();
        ShardFormat.Tag.CopyTo(to);
        U64(to, 32, ShardFormat.HeaderVersion);
        U64(to, 40, footer is null ? 0ul : ShardFormat.FooterBytes);
        to = to[ShardFormat.HeaderBytes..];
        foreach (var file in files) WriteFile(ref to, file);
        ShardFormat.Bookend.CopyTo(Entry(ref to));
        var xorbsAt = bytes.Length - to.Length;
        foreach (var xorb in xorbs) WriteXorb(ref to, xorb);
        ShardFormat.Bookend.CopyTo(Entry(ref to));
        if (footer is not null) WriteFooter(to, footer, xorbsAt, bytes.Length - to.Length, xorbs);
        return bytes;
    }

    /// <summary>Entries that a file takes in a shard.</summary>
    public static int EntriesOf(ShardFile file) => 1 + file.Terms.Count * (file.Verification is null ? 1 : 2) + (file.Sha256 is null ? 0 : 1);

    static void WriteFile(ref Span<byte> to, ShardFile file)
    {
        if (file.Verification is { } hashes && hashes.Count != file.Terms.Count) throw new ArgumentException("Every term has one verification hash.", nameof(file));
        var entry = Entry(ref to);
        file.Hash.CopyTo(entry);
        U32(entry, 32, (file.Verification is null ? 0 : ShardFile.HasVerification) | (file.Sha256 is null ? 0 : ShardFile.HasSha256));
        U32(entry, 36, file.Terms.Count);
        foreach (var term in file.Terms)
        {
            entry = Entry(ref to);
            term.Xorb.CopyTo(entry);
            U32(entry, 36, term.Length);
            U32(entry, 40, term.Chunks.Start);
            U32(entry, 44, term.Chunks.End);
        }
        foreach (var hash in file.Verification ?? []) hash.CopyTo(Entry(ref to));
        if (file.Sha256 is { } sha256) sha256.CopyTo(Entry(ref to));
    }

    static void WriteXorb(ref Span<byte> to, ShardXorb xorb)
    {
        var entry = Entry(ref to);
        xorb.Hash.CopyTo(entry);
        U32(entry, 36, xorb.Chunks.Count);
        U32(entry, 40, xorb.ContentLength);
        U32(entry, 44, xorb.StoredLength);
        foreach (var chunk in xorb.Chunks)
        {
            entry = Entry(ref to);
            chunk.Hash.CopyTo(entry);
            U32(entry, 32, chunk.Start);
            U32(entry, 36, chunk.Length);
            U32(entry, 40, chunk.IsGlobal ? ShardFormat.GlobalChunk : 0);
        }
    }

    static void WriteFooter(Span<byte> to, ShardFooter footer, int xorbsAt, int footerAt, IReadOnlyList<ShardXorb> xorbs)
    {
        U64(to, 0, ShardFormat.FooterVersion);
        U64(to, ShardFormat.FilesOffset, ShardFormat.HeaderBytes);
        U64(to, ShardFormat.XorbsOffset, (ulong)xorbsAt);
        // No lookup tables; their place still says where the xorbs end, which is how huggingface.js finds it.
        foreach (var table in (ReadOnlySpan<int>)[ShardFormat.FileLookupOffset, ShardFormat.XorbLookupOffset, ShardFormat.ChunkLookupOffset]) U64(to, table, (ulong)footerAt);
        footer.HmacKey.CopyTo(to[ShardFormat.HmacKey..]);
        U64(to, ShardFormat.CreatedAt, footer.CreatedAt);
        U64(to, ShardFormat.ExpiresAt, footer.ExpiresAt);
        U64(to, ShardFormat.StoredOnDisk, (ulong)xorbs.Sum(xorb => xorb.StoredLength));
        U64(to, ShardFormat.Stored, (ulong)xorbs.Sum(xorb => xorb.ContentLength));
        U64(to, ShardFormat.FooterOffset, (ulong)footerAt);
    }

    static Span<byte> Entry(ref Span<byte> to)
    {
        var entry = to[..ShardFormat.EntryBytes];
        to = to[ShardFormat.EntryBytes..];
        return entry;
    }

    static void U32(Span<byte> bytes, int offset, long value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], checked((uint)value));

    static void U64(Span<byte> bytes, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
}
