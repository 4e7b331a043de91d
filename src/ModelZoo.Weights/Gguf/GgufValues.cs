namespace ModelZoo.Weights.Gguf;

/// <summary>Reads the typed values of a GGUF header. Long lists are stepped over without being kept.</summary>
sealed class GgufValues(SourceCursor cursor, bool keepLongLists)
{
    const WeightFormat Format = WeightFormat.Gguf;
    const int MaxNesting = 4;
    const long MaxKeptTextBytes = 256 << 20;
    const uint TextType = 8;
    const uint ListType = 9;

    /// <summary>Names and bytes of the types by their number (enum gguf_type in ggml/include/gguf.h).</summary>
    static readonly (string Name, int Bytes)[] Types =
    [
        ("uint8", 1), ("int8", 1), ("uint16", 2), ("int16", 2), ("uint32", 4), ("int32", 4), ("float32", 4), ("bool", 1),
        ("string", 0), ("array", 0), ("uint64", 8), ("int64", 8), ("float64", 8),
    ];

    /// <summary>Texts and lists stepped over in one file; the largest vocabularies have below a million words.</summary>
    const long MaxSkippedItems = 50_000_000;

    long _keptTextBytes;
    long _skippedItems;

    public async ValueTask<MetadataValue> ReadAsync(string key, CancellationToken stop) =>
        await ReadValueAsync(RequireKnown(await cursor.ReadUInt32Async(stop), key), key, 0, stop);

    async ValueTask<MetadataValue> ReadValueAsync(uint type, string key, int depth, CancellationToken stop) => type switch
    {
        0 => new MetadataValue.Whole(await cursor.ReadByteAsync(stop)),
        1 => new MetadataValue.Whole((sbyte)await cursor.ReadByteAsync(stop)),
        2 => new MetadataValue.Whole(await cursor.ReadUInt16Async(stop)),
        3 => new MetadataValue.Whole((short)await cursor.ReadUInt16Async(stop)),
        4 => new MetadataValue.Whole(await cursor.ReadUInt32Async(stop)),
        5 => new MetadataValue.Whole((int)await cursor.ReadUInt32Async(stop)),
        6 => new MetadataValue.Real(BitConverter.UInt32BitsToSingle(await cursor.ReadUInt32Async(stop))),
        7 => await ReadFlagAsync(key, stop),
        TextType => new MetadataValue.Text(await ReadTextAsync(key, stop)),
        ListType => await ReadListAsync(key, depth, stop),
        10 => new MetadataValue.Whole(await cursor.ReadUInt64Async(stop)),
        11 => new MetadataValue.Whole((long)await cursor.ReadUInt64Async(stop)),
        _ => new MetadataValue.Real(BitConverter.UInt64BitsToDouble(await cursor.ReadUInt64Async(stop))),
    };

    async ValueTask<MetadataValue> ReadFlagAsync(string key, CancellationToken stop) => await cursor.ReadByteAsync(stop) switch
    {
        0 => new MetadataValue.Flag(false),
        1 => new MetadataValue.Flag(true),
        var other => throw Bad($"The flag '{key}' is {other}; it must be 0 or 1."),
    };

    async ValueTask<string> ReadTextAsync(string key, CancellationToken stop)
    {
        var length = await cursor.ReadUInt64Async(stop);
        if (length <= long.MaxValue) _keptTextBytes += (long)Math.Min(length, (ulong)cursor.Remaining);
        if (_keptTextBytes > MaxKeptTextBytes) throw Bad($"The metadata holds more than {MaxKeptTextBytes} bytes of text.");
        return await cursor.ReadTextAsync(length, WeightLimits.MaxTextBytes, $"The metadata value '{key}'", stop);
    }

    async ValueTask<MetadataValue> ReadListAsync(string key, int depth, CancellationToken stop)
    {
        if (depth == MaxNesting) throw Bad($"The metadata value '{key}' nests lists more than {MaxNesting} deep.");
        var type = RequireKnown(await cursor.ReadUInt32Async(stop), key);
        var count = await cursor.ReadUInt64Async(stop);
        // A text or a list of its own takes at least its length, so a count that cannot fit is refused before anything is read.
        var smallest = Types[type].Bytes is var bytes and > 0 ? bytes : type == TextType ? 8 : 12;
        if (count > (ulong)(cursor.Remaining / smallest)) throw Bad($"The list '{key}' claims {count} elements, more than the file can hold.");
        var kind = Types[type].Name;
        if (count > WeightLimits.MaxShortList && (!keepLongLists || count > WeightLimits.MaxList))
        {
            await SkipAsync(type, (long)count, key, depth, stop);
            return new MetadataValue.Series(kind, (long)count, null);
        }
        var items = new List<MetadataValue>();
        for (var i = 0UL; i < count; i++) items.Add(await ReadValueAsync(type, key, depth + 1, stop));
        return new MetadataValue.Series(kind, (long)count, items);
    }

    async ValueTask SkipAsync(uint type, long count, string key, int depth, CancellationToken stop)
    {
        if (Types[type].Bytes is var bytes and > 0)
        {
            cursor.Skip(count * bytes);
            return;
        }
        _skippedItems += count;
        if (_skippedItems > MaxSkippedItems) throw Bad($"The metadata has more than {MaxSkippedItems} texts in lists.");
        for (var i = 0L; i < count; i++)
        {
            if (type == ListType) await ReadListAsync(key, depth + 1, stop);
            else
            {
                var length = await cursor.ReadUInt64Async(stop);
                if (length > (ulong)cursor.Remaining) throw cursor.Truncated((long)Math.Min(length, long.MaxValue));
                cursor.Skip((long)length);
            }
        }
    }

    static uint RequireKnown(uint type, string key) =>
        type < Types.Length ? type : throw Bad($"The metadata value '{key}' has the unknown type {type}.");

    static WeightFormatException Bad(string message) => new(Format, message);
}
