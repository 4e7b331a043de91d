namespace ModelZoo.Weights.TFLite;

/// <summary>A FlatBuffer with the identifier TFL3 (tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3): buffers, tensors, operators.</summary>
static class TFLiteHeader
{
    const WeightFormat Format = WeightFormat.TFLite;
    const int MaxOperatorCodes = 10_000;
    const int MaxSubgraphs = 10_000;

    static readonly DType?[] Types =
    [
        DType.F32, DType.F16, DType.I32, DType.U8, DType.I64, DType.Text, DType.Bool, DType.I16, DType.C64, DType.I8, DType.F64, DType.C128,
        DType.U64, null, null, DType.U32, DType.U16, DType.I4, DType.BF16, DType.I2, DType.U4,
    ];

    public static async Task<WeightFile> ReadAsync(IByteSource source, CancellationToken stop)
    {
        var reader = new RandomReader(source, Format);
        var model = await FlatTable.OpenAsync(reader, await reader.ReadUInt32Async(0, stop), stop);
        var metadata = new Dictionary<string, MetadataValue>(StringComparer.Ordinal)
        {
            ["tflite.version"] = new MetadataValue.Whole(await model.ReadUInt32Async(0, stop)),
        };
        var description = await model.ReadTextAsync(3, WeightLimits.MaxTextBytes, "The description", stop);
        if (description.Length > 0) metadata["tflite.description"] = new MetadataValue.Text(description);

        var buffers = await ReadBuffersAsync(model, stop);
        var codes = await ReadCodesAsync(model, stop);
        var tensors = new List<TensorInfo>();
        var operators = new SortedDictionary<string, int>(StringComparer.Ordinal);
        List<GraphValue>? inputs = null, outputs = null;
        var used = new HashSet<uint>();
        int total = 0, nodes = 0;
        foreach (var graph in await model.ReadTablesAsync(2, MaxSubgraphs, "The list of subgraphs", stop))
        {
            var values = new List<GraphValue>();
            foreach (var table in await graph.ReadTablesAsync(0, WeightLimits.MaxTensors, "The list of tensors", stop))
            {
                if (++total > WeightLimits.MaxTensors) throw Bad($"There are more than {WeightLimits.MaxTensors} tensors.");
                values.Add(await ReadTensorAsync(table, buffers, used, tensors, stop));
            }
            foreach (var node in await graph.ReadTablesAsync(3, WeightLimits.MaxGraphNodes, "The list of operators", stop))
            {
                if (++nodes > WeightLimits.MaxGraphNodes) throw Bad($"The graph has more than {WeightLimits.MaxGraphNodes} nodes.");
                var code = await node.ReadUInt32Async(0, stop);
                var name = code < codes.Count ? codes[(int)code] : throw Bad($"An operator has the code {code} of {codes.Count}.");
                operators[name] = operators.GetValueOrDefault(name) + 1;
            }
            inputs ??= Pick(values, await graph.ReadNumbersAsync(1, WeightLimits.MaxTensors, "The list of inputs", stop));
            outputs ??= Pick(values, await graph.ReadNumbersAsync(2, WeightLimits.MaxTensors, "The list of outputs", stop));
        }
        return new(Format, tensors, metadata) { Graph = new(inputs ?? [], outputs ?? [], operators, new Dictionary<string, long>()) };
    }

    static async Task<List<(long Start, long Bytes)>> ReadBuffersAsync(FlatTable model, CancellationToken stop)
    {
        var buffers = new List<(long, long)>();
        foreach (var table in await model.ReadTablesAsync(4, WeightLimits.MaxTensors, "The list of buffers", stop))
        {
            // Files beyond 2 GiB keep content behind the FlatBuffer and say only where.
            var (offset, size) = (await table.ReadUInt64Async(1, stop), await table.ReadUInt64Async(2, stop));
            if (offset > 1)
            {
                if (offset > long.MaxValue || size > long.MaxValue) throw Bad("A buffer lies outside the file.");
                model.Reader.Require((long)offset, (long)size);
                buffers.Add(((long)offset, (long)size));
            }
            else buffers.Add(await table.ReadVectorAsync(0, 1, int.MaxValue, "A buffer", stop));
        }
        return buffers;
    }

    static async Task<List<string>> ReadCodesAsync(FlatTable model, CancellationToken stop)
    {
        var codes = new List<string>();
        foreach (var table in await model.ReadTablesAsync(1, MaxOperatorCodes, "The list of operator codes", stop))
        {
            // The byte came first; codes beyond 127 made a wider field necessary, and readers take the larger of both.
            var code = Math.Max(await table.ReadByteAsync(0, stop), (long)(int)await table.ReadUInt32Async(3, stop));
            var custom = await table.ReadTextAsync(1, WeightLimits.MaxNameBytes, "An operator name", stop);
            codes.Add(custom.Length > 0 ? $"custom::{custom}" : TFLiteOperators.GetName(code));
        }
        return codes;
    }

    static async Task<GraphValue> ReadTensorAsync(
        FlatTable table, List<(long Start, long Bytes)> buffers, HashSet<uint> used, List<TensorInfo> tensors, CancellationToken stop)
    {
        var name = await table.ReadTextAsync(3, WeightLimits.MaxNameBytes, "A tensor name", stop);
        var type = await table.ReadByteAsync(1, stop);
        var dtype = type < Types.Length ? Types[type] : throw Bad($"Tensor '{name}' has the unknown type {type}.");
        var shape = Array.ConvertAll(await table.ReadNumbersAsync(0, WeightLimits.MaxRank, $"The shape of tensor '{name}'", stop), axis => (long)axis);
        var signature = await table.ReadNumbersAsync(7, WeightLimits.MaxRank, $"The shape signature of tensor '{name}'", stop);
        var buffer = await table.ReadUInt32Async(2, stop);
        if (buffer >= buffers.Count && buffer != 0) throw Bad($"Tensor '{name}' lies in buffer {buffer} of {buffers.Count}.");
        if (buffer != 0 && buffers[(int)buffer] is { Bytes: > 0 } content && dtype is not null) AddConstant(name, dtype, shape, content, used.Add(buffer), buffer, tensors);
        var axes = Array.ConvertAll(signature.Length > 0 ? Array.ConvertAll(signature, axis => (long)axis) : shape, axis => new GraphAxis(axis < 0 ? null : axis, null));
        return new(name, dtype, axes);
    }

    static void AddConstant(string name, DType dtype, long[] shape, (long Start, long Bytes) content, bool isFirst, uint buffer, List<TensorInfo> tensors)
    {
        if (!Shapes.TryGetElementCount(shape, out var count)) throw Bad($"The shape {Shapes.Describe(shape)} of tensor '{name}' is negative or overflows.");
        var bytes = content.Bytes;
        if (dtype.HasFixedSize)
        {
            var padded = count + (dtype.ElementsPerBlock - count % dtype.ElementsPerBlock) % dtype.ElementsPerBlock;
            if (padded < 0 || !dtype.TryGetByteLength(padded, out bytes)) throw Bad($"The size of tensor '{name}' overflows.");
            if (bytes > content.Bytes) throw Bad($"Tensor '{name}' of shape {Shapes.Describe(shape)} takes {bytes} bytes; its buffer has {content.Bytes}.");
        }
        if (isFirst) tensors.Add(new(name, dtype, shape, content.Start, bytes) { Storage = $"buffer {buffer}" });
    }

    static List<GraphValue> Pick(List<GraphValue> values, int[] indices)
    {
        var picked = new List<GraphValue>();
        foreach (var index in indices)
            picked.Add(index >= 0 && index < values.Count ? values[index] : throw Bad($"An input or output is tensor {index} of {values.Count}."));
        return picked;
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
