using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.TensorFlow;

/// <summary>
/// The <c>.index</c> file of a checkpoint: a sorted table from variable names to their type, shape and place in the data files
/// (tensorflow/core/protobuf/tensor_bundle.proto). <see cref="TensorInfo.ExternalFile"/> is the ending to put in place of <c>index</c>.
/// </summary>
static class CheckpointIndex
{
    const WeightFormat Format = WeightFormat.TensorFlowCheckpoint;

    /// <summary>The key under which a training checkpoint keeps the structure of its Python objects.</summary>
    const string ObjectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH";

    public static async Task<WeightFile> ReadAsync(IByteSource source, CancellationToken stop)
    {
        var tensors = new List<TensorInfo>();
        var remarks = new List<string>();
        var shards = 0L;
        await foreach (var (key, value) in new SortedTable(new RandomReader(source, Format)).ReadAsync(stop))
        {
            var entry = ProtobufMessage.Open(new SourceCursor(new MemoryByteSource(value), Format), Format);
            if (key.Length == 0) shards = await ReadHeaderAsync(entry, remarks, stop);
            else if (key != ObjectGraph && await ReadEntryAsync(entry, key, shards, stop) is { } tensor)
            {
                if (tensors.Count == WeightLimits.MaxTensors) throw Bad($"There are more than {WeightLimits.MaxTensors} tensors.");
                tensors.Add(tensor);
            }
        }
        if (shards == 0) throw Bad("The table has no header entry: it is no checkpoint.");
        return new(Format, tensors, new Dictionary<string, MetadataValue> { ["tensorflow.shards"] = new MetadataValue.Whole(shards) }) { Remarks = remarks };
    }

    static async Task<long> ReadHeaderAsync(ProtobufMessage header, List<string> remarks, CancellationToken stop)
    {
        ulong shards = 0;
        while (await header.NextAsync(stop))
        {
            if (header.Field == 1 && !header.HasBytes) shards = header.Number;
            else if (header.Field == 2 && !header.HasBytes && header.Number == 1) remarks.Add("Numbers are stored in big-endian order.");
        }
        return shards is > 0 and <= 100_000 ? (long)shards : throw Bad($"The checkpoint claims {shards} data files.");
    }

    static async Task<TensorInfo?> ReadEntryAsync(ProtobufMessage entry, string key, long shards, CancellationToken stop)
    {
        ulong type = 0, shard = 0, offset = 0, size = 0;
        List<long> shape = [];
        while (await entry.NextAsync(stop))
        {
            switch (entry.Field, entry.HasBytes)
            {
                case (1, false): type = entry.Number; break;
                case (2, true): shape = await TensorFlowShape.ReadAsync(entry.Enter(), Format, stop) ?? []; break;
                case (3, false): shard = entry.Number; break;
                case (4, false): offset = entry.Number; break;
                case (5, false): size = entry.Number; break;
            }
        }
        if (shard >= (ulong)shards) throw Bad($"Tensor '{key}' lies in data file {shard} of {shards}.");
        if (offset > long.MaxValue || size > (ulong)long.MaxValue - offset) throw Bad($"The place of tensor '{key}' overflows.");
        if (TensorFlowTypes.Find(type) is not { } dtype) return null;           // resources and variants are no numbers
        if (!Shapes.TryGetElementCount(shape, out var count)) throw Bad($"The shape {Shapes.Describe(shape)} of tensor '{key}' is negative or overflows.");
        if (dtype.HasFixedSize && dtype.ElementsPerBlock == 1)
        {
            if (!dtype.TryGetByteLength(count, out var bytes)) throw Bad($"The size of tensor '{key}' overflows.");
            if ((ulong)bytes != size) throw Bad($"Tensor '{key}' of shape {Shapes.Describe(shape)} and type {dtype} takes {bytes} bytes, but has {size}.");
        }
        return new(key, dtype, shape, TensorInfo.Unplaced, (long)size)
        {
            ExternalFile = $"data-{shard:00000}-of-{shards:00000}",
            ExternalOffset = (long)offset,
        };
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
