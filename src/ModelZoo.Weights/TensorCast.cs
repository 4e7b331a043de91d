using System.Runtime.InteropServices;
using ModelZoo.Weights.Numbers;
using ModelZoo.Weights.Quantized;

namespace ModelZoo.Weights;

/// <summary>
/// Writes the numbers of one type as another: floating-point types as IEEE 754 rounds (nearest, ties to even, once), and the quantised types
/// Q8_0, Q4_0 and Q4_K exactly as ggml's reference quantisers do.
/// </summary>
public static class TensorCast
{
    const int ChunkElements = 4096;

    static readonly bool s_isLittleEndian = BitConverter.IsLittleEndian ? true : throw new PlatformNotSupportedException("Weights are little-endian, and so must this machine be.");

    /// <summary>Types that numbers can be read from: floating-point ones, and those quantised types that can be written too.</summary>
    public static bool CanDecode(DType type) => NumberCast.IsCastable(type) || IsQuantized(type);

    /// <summary>Types that numbers can be written as.</summary>
    public static bool CanEncode(DType type) => s_isLittleEndian && (NumberCast.IsCastable(type) || IsQuantized(type));

    /// <summary>Converts whole blocks of both types.</summary>
    /// <returns>
    /// How many elements were written. Fewer than all when a number that is none, or an infinite or too large one, stands in a block of a
    /// quantised type, which cannot express it.
    /// </returns>
    public static int Convert(DType from, ReadOnlySpan<byte> source, DType to, Span<byte> target)
    {
        var elements = source.Length / from.BytesPerBlock * from.ElementsPerBlock;
        if (source.Length % from.BytesPerBlock != 0 || elements % to.ElementsPerBlock != 0 || target.Length != (long)elements / to.ElementsPerBlock * to.BytesPerBlock)
            throw new ArgumentException($"{source.Length} bytes of {from} do not fill {target.Length} bytes of {to}.", nameof(target));
        if (from == to)
        {
            source.CopyTo(target);
            return elements;
        }
        if (from == DType.F32) return Encode(to, MemoryMarshal.Cast<byte, float>(source), target);
        if (to == DType.F32)
        {
            Decode(from, source, MemoryMarshal.Cast<byte, float>(target));
            return elements;
        }
        Span<float> numbers = stackalloc float[ChunkElements];
        for (var done = 0; done < elements;)
        {
            var count = Math.Min(ChunkElements, elements - done);
            var part = source[..(count / from.ElementsPerBlock * from.BytesPerBlock)];
            // Sixty-four bits hold what 32 do not: narrowed in two steps, they need the first not to round.
            if (from == DType.F64) NumberCast.DecodeToOdd(MemoryMarshal.Cast<byte, double>(part), numbers);
            else Decode(from, part, numbers[..count]);
            var bytes = count / to.ElementsPerBlock * to.BytesPerBlock;
            var encoded = Encode(to, numbers[..count], target[..bytes]);
            done += encoded;
            if (encoded < count) return done;
            source = source[part.Length..];
            target = target[bytes..];
        }
        return elements;
    }

    static bool IsQuantized(DType type) => type == DType.Q80 || type == DType.Q40 || type == DType.Q4K;

    static void Decode(DType type, ReadOnlySpan<byte> from, Span<float> to)
    {
        if (type == DType.Q80) BlockQ80.Decode(from, to);
        else if (type == DType.Q40) BlockQ40.Decode(from, to);
        else if (type == DType.Q4K) BlockQ4K.Decode(from, to);
        else NumberCast.Decode(type, from, to);
    }

    static int Encode(DType type, ReadOnlySpan<float> from, Span<byte> to)
    {
        if (type == DType.Q80) return BlockQ80.Encode(from, to) * BlockQ80.Elements;
        if (type == DType.Q40) return BlockQ40.Encode(from, to) * BlockQ40.Elements;
        if (type == DType.Q4K) return BlockQ4K.Encode(from, to) * BlockQ4K.Elements;
        NumberCast.Encode(type, from, to);
        return from.Length;
    }
}
