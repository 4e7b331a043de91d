using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.TensorFlow;

/// <summary>Reads a TensorShapeProto (tensorflow/core/framework/tensor_shape.proto).</summary>
static class TensorFlowShape
{
    /// <summary>The axes, -1 for unknown ones; null when not even the rank is known.</summary>
    public static async Task<List<long>?> ReadAsync(ProtobufMessage shape, WeightFormat format, CancellationToken stop)
    {
        var axes = new List<long>();
        var isUnknown = false;
        while (await shape.NextAsync(stop))
        {
            if (shape.Field == 3 && !shape.HasBytes) isUnknown = shape.Number != 0;
            if (shape.Field != 2) continue;
            if (axes.Count == WeightLimits.MaxRank) throw new WeightFormatException(format, $"A shape has more than {WeightLimits.MaxRank} axes.");
            var length = 0L;
            var axis = shape.Enter();
            while (await axis.NextAsync(stop))
                if (axis.Field == 1 && !axis.HasBytes) length = (long)axis.Number;
            axes.Add(length);
        }
        return isUnknown ? null : axes;
    }
}
