namespace ModelZoo.Weights.Gguf;

/// <summary>
/// Magic, version, typed key-value pairs, tensor descriptions, padding, tensors. Versions 2 and 3 in either byte order; checks follow
/// ggml's own reader (ggml/src/gguf.cpp, 2025), which demands tensors in order, aligned and without gaps.
/// </summary>
static class GgufHeader
{
    const WeightFormat Format = WeightFormat.Gguf;
    const uint DefaultAlignment = 32;
    const int SmallestPair = 8 + 4 + 1;     // key length, type, one byte of value
    const int SmallestTensor = 8 + 4 + 4 + 8;

    public static async Task<WeightFile> ReadAsync(IByteSource source, WeightReadOptions options, CancellationToken stop)
    {
        var cursor = new SourceCursor(source, Format);
        var remarks = new List<string>();
        cursor.Skip(4);
        var version = await ReadVersionAsync(cursor, remarks, stop);
        var tensorCount = await cursor.ReadUInt64Async(stop);
        var pairCount = await cursor.ReadUInt64Async(stop);
        if (pairCount > WeightLimits.MaxMetadataEntries || pairCount > (ulong)(cursor.Remaining / SmallestPair))
            throw Bad($"The header claims {pairCount} metadata entries, more than fit or are allowed ({WeightLimits.MaxMetadataEntries}).");
        if (tensorCount > WeightLimits.MaxTensors || tensorCount > (ulong)(cursor.Remaining / SmallestTensor))
            throw Bad($"The header claims {tensorCount} tensors, more than fit or are allowed ({WeightLimits.MaxTensors}).");

        var metadata = new Dictionary<string, MetadataValue>(StringComparer.Ordinal);
        var values = new GgufValues(cursor, options.KeepLongLists);
        for (var i = 0UL; i < pairCount; i++)
        {
            var key = await cursor.ReadTextAsync(await cursor.ReadUInt64Async(stop), WeightLimits.MaxNameBytes, "A metadata key", stop);
            if (!metadata.TryAdd(key, await values.ReadAsync(key, stop))) throw Bad($"The metadata key '{key}' occurs twice.");
        }
        var alignment = FindAlignment(metadata);
        var tensors = await ReadTensorsAsync(cursor, (int)tensorCount, stop);
        var dataOffset = AlignUp(cursor.Position, alignment);
        if (version == 2) remarks.Add("GGUF version 2.");
        return new(Format, Place(tensors, dataOffset, alignment, source.Length), metadata) { DataOffset = dataOffset, Remarks = remarks, IsBigEndian = cursor.BigEndian };
    }

    static async Task<uint> ReadVersionAsync(SourceCursor cursor, List<string> remarks, CancellationToken stop)
    {
        var version = await cursor.ReadUInt32Async(stop);
        // The magic reads the same in both byte orders; a version whose low half is empty betrays the other order.
        if (version != 0 && (version & 0xffff) == 0)
        {
            version = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(version);
            cursor.BigEndian = true;
            remarks.Add("Numbers are stored in big-endian order.");
        }
        return version switch
        {
            2 or 3 => version,
            1 => throw Bad("GGUF version 1 is no longer read by anybody; convert the file again."),
            _ => throw Bad($"GGUF version {version} is not known; versions 2 and 3 are."),
        };
    }

    static uint FindAlignment(Dictionary<string, MetadataValue> metadata)
    {
        if (!metadata.TryGetValue("general.alignment", out var value)) return DefaultAlignment;
        if (value is not MetadataValue.Whole { Value: var alignment } || alignment <= 0 || alignment > 1 << 20 || !Int128.IsPow2(alignment))
            throw Bad("'general.alignment' must be a power of two, at most 2^20.");
        return (uint)alignment;
    }

    static async Task<List<TensorInfo>> ReadTensorsAsync(SourceCursor cursor, int count, CancellationToken stop)
    {
        var tensors = new List<TensorInfo>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var name = await cursor.ReadTextAsync(await cursor.ReadUInt64Async(stop), WeightLimits.MaxNameBytes, "A tensor name", stop);
            if (!names.Add(name)) throw Bad($"The tensor name '{name}' occurs twice.");
            var rank = await cursor.ReadUInt32Async(stop);
            if (rank > GgufTypes.MaxRank) throw Bad($"Tensor '{name}' has {rank} axes; at most {GgufTypes.MaxRank} are allowed.");
            var shape = new long[rank];
            for (var axis = 0; axis < rank; axis++)
            {
                var length = await cursor.ReadUInt64Async(stop);
                // ggml writes the fastest axis first.
                shape[rank - 1 - axis] = length <= long.MaxValue ? (long)length : throw Bad($"An axis of tensor '{name}' overflows.");
            }
            var number = await cursor.ReadUInt32Async(stop);
            var offset = await cursor.ReadUInt64Async(stop);
            tensors.Add(Describe(name, shape, number, offset));
        }
        return tensors;
    }

    static TensorInfo Describe(string name, long[] shape, uint number, ulong offset)
    {
        var dtype = GgufTypes.Find(number) ?? throw Bad($"Tensor '{name}' has the unknown or withdrawn type {number}.");
        if (!Shapes.TryGetElementCount(shape, out var count)) throw Bad($"The shape {Shapes.Describe(shape)} of tensor '{name}' overflows.");
        if (shape.Length > 0 && shape[^1] % dtype.ElementsPerBlock != 0)
            throw Bad($"Rows of tensor '{name}' have {shape[^1]} elements, which do not fill blocks of {dtype.ElementsPerBlock} ({dtype}).");
        if (!dtype.TryGetByteLength(count, out var bytes)) throw Bad($"The size of tensor '{name}' overflows.");
        if (offset > long.MaxValue) throw Bad($"The offset of tensor '{name}' overflows.");
        return new(name, dtype, shape, (long)offset, bytes);
    }

    static List<TensorInfo> Place(List<TensorInfo> tensors, long dataOffset, uint alignment, long fileLength)
    {
        long expected = 0;
        for (var i = 0; i < tensors.Count; i++)
        {
            var tensor = tensors[i];
            if (tensor.Offset != expected)
                throw Bad($"Tensor '{tensor.Name}' lies at {tensor.Offset} in the data, but {expected} is where it must lie: overlap, hole or misalignment.");
            if (tensor.ByteLength > fileLength - dataOffset - expected)
                throw Bad($"Tensor '{tensor.Name}' ends outside the file: it is truncated.");
            expected = AlignUp(expected + tensor.ByteLength, alignment);
            tensors[i] = tensor with { Offset = dataOffset + tensor.Offset };
        }
        return tensors;
    }

    static long AlignUp(long value, uint alignment) => checked((value + alignment - 1) / alignment * alignment);

    static WeightFormatException Bad(string message) => new(Format, message);
}
