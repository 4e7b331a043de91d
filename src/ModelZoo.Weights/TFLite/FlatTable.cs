namespace ModelZoo.Weights.TFLite;

/// <summary>A table of a FlatBuffer: fields by number, each optional, found through a table of offsets that precedes or follows it.</summary>
/// <param name="Position">Where the table begins.</param>
/// <param name="Offsets">Offset of each field from the beginning; zero for absent ones.</param>
sealed record FlatTable(RandomReader Reader, long Position, ushort[] Offsets)
{
    const WeightFormat Format = WeightFormat.TFLite;
    const int MaxFields = 64;

    public static async ValueTask<FlatTable> OpenAsync(RandomReader reader, long position, CancellationToken stop)
    {
        var distance = (int)await reader.ReadUInt32Async(position, stop);
        var offsets = position - distance;
        var bytes = await reader.ReadUInt16Async(offsets, stop);
        if (bytes < 4 || bytes % 2 != 0) throw new WeightFormatException(Format, $"The table at {position} is malformed.");
        var count = Math.Min((bytes - 4) / 2, MaxFields);
        var piece = await reader.ReadAsync(offsets + 4, count * 2, stop);
        var fields = new ushort[count];
        Buffer.BlockCopy(piece, 0, fields, 0, piece.Length);
        return new(reader, position, fields);
    }

    /// <summary>Where a field's value lies; null when the table does not have it.</summary>
    public long? Find(int field) => field < Offsets.Length && Offsets[field] != 0 ? Position + Offsets[field] : null;

    public async ValueTask<byte> ReadByteAsync(int field, CancellationToken stop) => Find(field) is { } at ? await Reader.ReadByteAsync(at, stop) : (byte)0;

    public async ValueTask<uint> ReadUInt32Async(int field, CancellationToken stop) => Find(field) is { } at ? await Reader.ReadUInt32Async(at, stop) : 0;

    public async ValueTask<ulong> ReadUInt64Async(int field, CancellationToken stop) => Find(field) is { } at ? await Reader.ReadUInt64Async(at, stop) : 0;

    public async ValueTask<string> ReadTextAsync(int field, int limit, string what, CancellationToken stop)
    {
        var (start, count) = await ReadVectorAsync(field, 1, limit, what, stop);
        return await Reader.ReadTextAsync(start, count, limit, what, stop);
    }

    /// <summary>First element and length of a vector; length zero when absent.</summary>
    public async ValueTask<(long Start, int Count)> ReadVectorAsync(int field, int elementBytes, int limit, string what, CancellationToken stop)
    {
        if (Find(field) is not { } at) return (0, 0);
        var start = at + await Reader.ReadUInt32Async(at, stop);
        var count = await Reader.ReadUInt32Async(start, stop);
        if (count > limit) throw new WeightFormatException(Format, $"{what} has {count} elements; at most {limit} are read.");
        Reader.Require(start + 4, (long)count * elementBytes);
        return (start + 4, (int)count);
    }

    public async ValueTask<int[]> ReadNumbersAsync(int field, int limit, string what, CancellationToken stop)
    {
        var (start, count) = await ReadVectorAsync(field, 4, limit, what, stop);
        var numbers = new int[count];
        if (count > 0) Buffer.BlockCopy(await Reader.ReadAsync(start, count * 4, stop), 0, numbers, 0, count * 4);
        return numbers;
    }

    public async ValueTask<List<FlatTable>> ReadTablesAsync(int field, int limit, string what, CancellationToken stop)
    {
        var (start, count) = await ReadVectorAsync(field, 4, limit, what, stop);
        var tables = new List<FlatTable>();
        for (var i = 0; i < count; i++)
        {
            var at = start + 4L * i;
            tables.Add(await OpenAsync(Reader, at + await Reader.ReadUInt32Async(at, stop), stop));
        }
        return tables;
    }
}
