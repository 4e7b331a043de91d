using System.Globalization;

namespace ModelZoo.Inference.Runtime;

/// <summary>Takes over a value that a run made. Sequences of maps are copied out at once, because every element is an object of its own that must be freed.</summary>
static unsafe class NativeValue
{
    const int TensorKind = 1, SequenceKind = 2, MapKind = 3;    // enum ONNXType

    /// <summary>Longest sequence that is copied: one element for each row of a batch.</summary>
    const int MaxSequence = 1_000_000;

    public static object Adopt(OrtApi api, nint value)
    {
        var kind = 0;
        api.Call(OrtSlot.GetValueType, value, (nint)(&kind));
        if (kind == TensorKind) return Tensor.Adopt(value);
        try
        {
            if (kind != SequenceKind) throw new InferenceException(InferenceFault.Model, $"An output of kind {kind} is not supported; tensors and sequences of maps are.");
            return ReadSequence(api, value);
        }
        finally
        {
            api.Release(OrtSlot.ReleaseValue, value);
        }
    }

    static List<IReadOnlyList<KeyValuePair<string, float>>> ReadSequence(OrtApi api, nint sequence)
    {
        var count = (long)api.Ask(OrtSlot.GetValueCount, sequence);
        if (count > MaxSequence) throw new InferenceException(InferenceFault.Limit, $"An output is a sequence of {count} elements; at most {MaxSequence} are read.");
        var rows = new List<IReadOnlyList<KeyValuePair<string, float>>>((int)count);
        for (var i = 0; i < count; i++)
        {
            var element = api.Ask(OrtSlot.GetValue, sequence, i, OnnxRuntime.Allocator);
            try
            {
                var kind = 0;
                api.Call(OrtSlot.GetValueType, element, (nint)(&kind));
                if (kind != MapKind) throw new InferenceException(InferenceFault.Model, $"A sequence holds elements of kind {kind}; only maps are supported.");
                rows.Add(ReadMap(api, element));
            }
            finally
            {
                api.Release(OrtSlot.ReleaseValue, element);
            }
        }
        return rows;
    }

    static List<KeyValuePair<string, float>> ReadMap(OrtApi api, nint map)
    {
        using var keys = Tensor.Adopt(api.Ask(OrtSlot.GetValue, map, 0, OnnxRuntime.Allocator));
        using var values = Tensor.Adopt(api.Ask(OrtSlot.GetValue, map, 1, OnnxRuntime.Allocator));
        string[] names = keys.Type == ElementType.String ? keys.ToTexts() : [.. keys.Span<long>().ToArray().Select(key => key.ToString(CultureInfo.InvariantCulture))];
        return [.. names.Zip(values.ToFloats(), KeyValuePair.Create)];
    }
}
