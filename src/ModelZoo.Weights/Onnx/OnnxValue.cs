using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.Onnx;

/// <summary>Reads the name, element type and shape of a graph's input or output (ValueInfoProto).</summary>
static class OnnxValue
{
    public static async Task<GraphValue> ReadAsync(ProtobufMessage value, CancellationToken stop)
    {
        var result = new GraphValue("", null, null);
        while (await value.NextAsync(stop))
        {
            if (value.Field == 1) result = result with { Name = await value.ReadTextAsync(WeightLimits.MaxNameBytes, "A value name", stop) };
            else if (value.Field == 2) result = await ReadTypeAsync(value.Enter(), result, stop);
        }
        return result;
    }

    static async Task<GraphValue> ReadTypeAsync(ProtobufMessage type, GraphValue result, CancellationToken stop)
    {
        while (await type.NextAsync(stop))
        {
            if (type.Field != 1) continue;                 // sequences, maps and optionals have no shape
            var tensor = type.Enter();
            while (await tensor.NextAsync(stop))
            {
                if (tensor.Field == 1) result = result with { DType = OnnxTypes.Find(tensor.Number) };
                else if (tensor.Field == 2) result = result with { Shape = await ReadShapeAsync(tensor.Enter(), stop) };
            }
        }
        return result;
    }

    static async Task<List<GraphAxis>> ReadShapeAsync(ProtobufMessage shape, CancellationToken stop)
    {
        var axes = new List<GraphAxis>();
        while (await shape.NextAsync(stop))
        {
            if (shape.Field != 1) continue;
            if (axes.Count == WeightLimits.MaxRank)
                throw new WeightFormatException(WeightFormat.Onnx, $"An input or output has more than {WeightLimits.MaxRank} axes.");
            var axis = default(GraphAxis);
            var dimension = shape.Enter();
            while (await dimension.NextAsync(stop))
            {
                // Some exporters write -1 or 0 for "unknown".
                if (dimension.Field == 1) axis = new((long)dimension.Number >= 0 ? (long)dimension.Number : null, null);
                else if (dimension.Field == 2) axis = new(null, await dimension.ReadTextAsync(WeightLimits.MaxNameBytes, "An axis name", stop));
            }
            axes.Add(axis);
        }
        return axes;
    }
}
