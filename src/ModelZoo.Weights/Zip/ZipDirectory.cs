using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ModelZoo.Weights.Zip;

/// <summary>
/// The table of contents of a zip archive (PKWARE APPNOTE 6.3.10, with 64-bit extensions), read from the end of the file. Content is located,
/// and unpacked only when it is small and asked for.
/// </summary>
sealed class ZipDirectory
{
    const int EndBytes = 22;
    const int MaxCommentBytes = 65_535;
    const int Zip64LocatorBytes = 20;
    const int Zip64EndBytes = 56;
    const int CentralBytes = 46;
    const int LocalBytes = 30;
    const ushort Encrypted = 1;
    const ushort Zip64Field = 1;

    readonly IByteSource _source;
    readonly WeightFormat _format;
    readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.Ordinal);

    ZipDirectory(IByteSource source, WeightFormat format) => (_source, _format) = (source, format);

    public IEnumerable<ZipEntry> Entries => _entries.Values;

    public static async Task<ZipDirectory> ReadAsync(IByteSource source, WeightFormat format, CancellationToken stop)
    {
        var directory = new ZipDirectory(source, format);
        var (offset, size, count) = await directory.FindCentralAsync(stop);
        if (count > WeightLimits.MaxZipEntries) throw directory.Bad($"The archive claims {count} entries; at most {WeightLimits.MaxZipEntries} are read.");
        if (offset < 0 || size < 0 || offset > source.Length - size || count > size / CentralBytes)
            throw directory.Bad("The archive's table of contents lies outside the file or cannot hold its entries.");
        var cursor = new SourceCursor(source, format, offset, offset + size);
        for (var i = 0L; i < count; i++) await directory.AddEntryAsync(cursor, stop);
        return directory;
    }

    public ZipEntry? Find(string name) => _entries.GetValueOrDefault(name);

    /// <summary>Where a stored entry's content begins; one small read.</summary>
    public async ValueTask<long> LocateAsync(ZipEntry entry, CancellationToken stop)
    {
        if (entry.HeaderOffset > _source.Length - LocalBytes) throw Bad($"Entry '{entry.Name}' lies outside the file.");
        var header = new byte[LocalBytes];
        for (var filled = 0; filled < header.Length;)
        {
            var read = await _source.ReadAsync(entry.HeaderOffset + filled, header.AsMemory(filled), stop);
            if (read <= 0) throw Bad($"Entry '{entry.Name}' lies outside the file.");
            filled += read;
        }
        if (!header.AsSpan().StartsWith("PK\u0003\u0004"u8)) throw Bad($"Entry '{entry.Name}' is not where the table of contents says.");
        var start = entry.HeaderOffset + LocalBytes + U16(header, 26) + U16(header, 28);
        return start <= _source.Length - entry.CompressedBytes ? start : throw Bad($"Entry '{entry.Name}' ends outside the file.");
    }

    /// <summary>A source over an entry's content: the file itself when it is stored, unpacked memory of at most <paramref name="limit"/> bytes otherwise.</summary>
    public async Task<IByteSource> OpenAsync(ZipEntry entry, int limit, CancellationToken stop)
    {
        var start = await LocateAsync(entry, stop);
        if (entry.IsStored) return new SliceSource(_source, start, entry.Bytes);
        if (entry.Method != ZipEntry.Deflated) throw Bad($"Entry '{entry.Name}' is compressed by method {entry.Method}, which is not read.");
        if (entry.Bytes > limit) throw Bad($"Entry '{entry.Name}' unpacks to {entry.Bytes} bytes; at most {limit} are unpacked.");
        using var unpacked = new MemoryStream();
        try
        {
            await using var inflater = new DeflateStream(new SourceStream(_source, start, entry.CompressedBytes), CompressionMode.Decompress);
            var buffer = new byte[81_920];
            for (int read; (read = await inflater.ReadAsync(buffer, stop)) > 0;)
            {
                if (unpacked.Length + read > entry.Bytes) throw Bad($"Entry '{entry.Name}' unpacks to more than the {entry.Bytes} bytes it declares.");
                unpacked.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException problem)
        {
            throw new WeightFormatException(_format, $"Entry '{entry.Name}' cannot be unpacked.", problem);
        }
        if (unpacked.Length != entry.Bytes) throw Bad($"Entry '{entry.Name}' unpacks to {unpacked.Length} bytes, not the {entry.Bytes} it declares.");
        return new MemoryByteSource(unpacked.ToArray());
    }

    /// <summary>The first bytes of an entry, at most <paramref name="limit"/>; no more than these are unpacked.</summary>
    public async Task<byte[]> ReadStartAsync(ZipEntry entry, int limit, CancellationToken stop)
    {
        var start = await LocateAsync(entry, stop);
        if (!entry.IsStored && entry.Method != ZipEntry.Deflated) throw Bad($"Entry '{entry.Name}' is compressed by method {entry.Method}, which is not read.");
        await using var packed = new SourceStream(_source, start, entry.CompressedBytes);
        await using Stream content = entry.IsStored ? packed : new DeflateStream(packed, CompressionMode.Decompress);
        var bytes = new byte[(int)Math.Min(limit, entry.Bytes)];
        try
        {
            var read = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, stop);
            return bytes[..read];
        }
        catch (InvalidDataException problem)
        {
            throw new WeightFormatException(_format, $"Entry '{entry.Name}' cannot be unpacked.", problem);
        }
    }

    async Task<(long Offset, long Size, long Count)> FindCentralAsync(CancellationToken stop)
    {
        var tailBytes = (int)Math.Min(_source.Length, EndBytes + MaxCommentBytes);
        var cursor = new SourceCursor(_source, _format, _source.Length - tailBytes);
        var tail = (await cursor.TakeAsync(tailBytes, stop)).ToArray();
        var at = tail.Length - EndBytes;
        while (at >= 0 && !(tail.AsSpan(at).StartsWith("PK\u0005\u0006"u8) && U16(tail, at + 20) == tail.Length - at - EndBytes)) at--;
        if (at < 0) throw Bad("The archive has no table of contents at its end: it is truncated.");
        long count = U16(tail, at + 10), size = U32(tail, at + 12), offset = U32(tail, at + 16);
        if (count != 0xffff && size != 0xffff_ffff && offset != 0xffff_ffff) return (offset, size, count);
        if (at < Zip64LocatorBytes || !tail.AsSpan(at - Zip64LocatorBytes).StartsWith("PK\u0006\u0007"u8)) return (offset, size, count);
        cursor.MoveTo((long)Math.Min(U64(tail, at - Zip64LocatorBytes + 8), long.MaxValue));
        var end = (await cursor.TakeAsync(Zip64EndBytes, stop)).ToArray();
        if (!end.AsSpan().StartsWith("PK\u0006\u0006"u8)) throw Bad("The archive's 64-bit end record is not where its locator says.");
        return (Signed(U64(end, 48)), Signed(U64(end, 40)), Signed(U64(end, 32)));
    }

    async Task AddEntryAsync(SourceCursor cursor, CancellationToken stop)
    {
        var fixedPart = (await cursor.TakeAsync(CentralBytes, stop)).ToArray();
        if (!fixedPart.AsSpan().StartsWith("PK\u0001\u0002"u8)) throw Bad("The archive's table of contents is damaged.");
        var nameBytes = (await cursor.TakeAsync(U16(fixedPart, 28), stop)).ToArray();
        var extra = (await cursor.TakeAsync(U16(fixedPart, 30), stop)).ToArray();
        cursor.Skip(U16(fixedPart, 32));
        var name = Encoding.UTF8.GetString(nameBytes);
        var (bytes, packed, header) = Widen(U32(fixedPart, 24), U32(fixedPart, 20), U32(fixedPart, 42), extra);
        if (bytes < 0 || packed < 0 || header < 0 || packed > _source.Length || header > _source.Length)
            throw Bad($"Entry '{name}' lies outside the file.");
        if ((U16(fixedPart, 8) & Encrypted) != 0) throw Bad($"Entry '{name}' is encrypted.");
        var entry = new ZipEntry(name, U16(fixedPart, 10), packed, bytes, header);
        if (entry.IsStored && bytes != packed) throw Bad($"Entry '{name}' is stored as it is, but declares two different sizes.");
        if (!_entries.TryAdd(name, entry)) throw Bad($"The archive has two entries '{name}'.");
    }

    /// <summary>Replaces the values that did not fit 32 bits by those of the 64-bit extra field, which holds only these, in this order.</summary>
    (long Bytes, long Packed, long Header) Widen(uint bytes, uint packed, uint header, byte[] extra)
    {
        long[] values = [bytes, packed, header];
        for (var at = 0; at + 4 <= extra.Length;)
        {
            var (id, length) = (U16(extra, at), U16(extra, at + 2));
            at += 4;
            if (length > extra.Length - at) throw Bad("An extra field of the archive crosses its end.");
            if (id == Zip64Field)
            {
                var next = at;
                for (var i = 0; i < values.Length; i++)
                {
                    if (values[i] != 0xffff_ffff) continue;
                    if (next + 8 > at + length) throw Bad("A 64-bit extra field of the archive is too short.");
                    values[i] = Signed(U64(extra, next));
                    next += 8;
                }
            }
            at += length;
        }
        return (values[0], values[1], values[2]);
    }

    static ushort U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    /// <summary>A number beyond 63 bits becomes negative, which every check on it refuses.</summary>
    static long Signed(ulong value) => value > long.MaxValue ? -1 : (long)value;

    WeightFormatException Bad(string message) => new(_format, message);
}
