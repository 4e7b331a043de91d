using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Adapters;

/// <summary>Numbers in the type that an input wants.</summary>
static class NumberTensor
{
    public static Tensor Of(float[] numbers, ElementType? type, ReadOnlySpan<long> shape) => type switch
    {
        ElementType.Float or null => Tensor.Of<float>(numbers, shape),
        ElementType.Float16 => Tensor.Of<Half>(Array.ConvertAll(numbers, x => (Half)x), shape),
        ElementType.BFloat16 => Tensor.Of<ushort>(Array.ConvertAll(numbers, ToBFloat16), ElementType.BFloat16, shape),
        ElementType.Double => Tensor.Of<double>(Array.ConvertAll(numbers, x => (double)x), shape),
        ElementType.UInt8 => Tensor.Of<byte>(Array.ConvertAll(numbers, x => (byte)Math.Clamp(MathF.Round(x), 0, 255)), shape),
        _ => throw new InferenceException(InferenceFault.Model, $"Inputs of {type} are not filled with real numbers."),
    };

    public static Tensor Of(long[] numbers, ElementType? type, ReadOnlySpan<long> shape) => type switch
    {
        ElementType.Int64 or null => Tensor.Of<long>(numbers, shape),
        ElementType.Int32 => Tensor.Of<int>(Array.ConvertAll(numbers, x => checked((int)x)), shape),
        ElementType.Float => Tensor.Of<float>(Array.ConvertAll(numbers, x => (float)x), shape),
        ElementType.Bool => Tensor.Of<bool>(Array.ConvertAll(numbers, x => x != 0), shape),
        _ => throw new InferenceException(InferenceFault.Model, $"Inputs of {type} are not filled with whole numbers."),
    };

    /// <summary>The nearest, of two the even one; what is no number stays none.</summary>
    static ushort ToBFloat16(float x)
    {
        var bits = BitConverter.SingleToUInt32Bits(x);
        return float.IsNaN(x) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
