using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ModelZoo.Weights.Numbers;

namespace ModelZoo.Weights.Quantized;

/// <summary>Q8_0: 32 numbers as a 16-bit scale d and 32 signed bytes q; each number is d·q (block_q8_0 in ggml/src/ggml-common.h).</summary>
static class BlockQ80
{
    public const int Elements = 32;
    public const int Bytes = 34;

    /// <summary>d is the largest size divided by 127; q is rounded half away from zero, as quantize_row_q8_0_ref does.</summary>
    /// <returns>How many whole blocks were written before one that holds a number that is none, or one too large for the scale.</returns>
    public static int Encode(ReadOnlySpan<float> from, Span<byte> to)
    {
        var blocks = from.Length / Elements;
        for (var block = 0; block < blocks; block++)
        {
            var x = from.Slice(block * Elements, Elements);
            var y = to.Slice(block * Bytes, Bytes);
            var (a, b, c, e) = (Vector256.Create(x), Vector256.Create(x[8..]), Vector256.Create(x[16..]), Vector256.Create(x[24..]));
            var sizes = Vector256.Max(Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(e)));
            var largest = QuantizedMath.Largest(sizes);
            var d = largest / 127f;
            var scale = HalfCast.ToF16(d);
            if (!(d <= float.MaxValue) || scale >= 0x7c00) return block;
            var inverse = 1f / d;
            var id = Vector256.Create(float.IsFinite(inverse) ? inverse : 0f);
            BinaryPrimitives.WriteUInt16LittleEndian(y, scale);
            var low = Vector256.Narrow(Round(a * id), Round(b * id));
            var high = Vector256.Narrow(Round(c * id), Round(e * id));
            Vector256.Narrow(low, high).CopyTo(MemoryMarshal.Cast<byte, sbyte>(y[2..]));
        }
        return blocks;
    }

    public static void Decode(ReadOnlySpan<byte> from, Span<float> to)
    {
        for (var block = 0; block < to.Length / Elements; block++)
        {
            var x = from.Slice(block * Bytes, Bytes);
            var d = HalfCast.FromF16(BinaryPrimitives.ReadUInt16LittleEndian(x));
            for (var i = 0; i < Elements; i++) to[block * Elements + i] = (sbyte)x[2 + i] * d;
        }
    }

    /// <summary>
    /// Half away from zero: the largest number below one half, with the sign of what is rounded, is added and the rest cut off. One half itself
    /// would round 0.49999997 up.
    /// </summary>
    static Vector256<int> Round(Vector256<float> number)
    {
        var sign = Vector256.Create(0x8000_0000u).AsSingle();
        return Vector256.ConvertToInt32(number + (Vector256.Create(0.49999997f) | (number & sign)));
    }
}
