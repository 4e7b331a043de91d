using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelZoo.Weights.Numbers;

namespace ModelZoo.Weights.Quantized;

/// <summary>Q8_0: 32 numbers as a 16-bit scale d and 32 signed bytes q; each number is d·q (block_q8_0 in ggml/src/ggml-common.h).</summary>
static class BlockQ80
{
    public const int Elements = 32;
    public const int Bytes = 34;

    const int Together = 8;

    /// <summary>d is the largest size divided by 127; q is rounded half away from zero, as quantize_row_q8_0_ref does.</summary>
    /// <returns>How many whole blocks were written before one that holds a number that is none, or one too large for the scale.</returns>
    public static int Encode(ReadOnlySpan<float> from, Span<byte> to)
    {
        var (blocks, block) = (from.Length / Elements, 0);
        if (Avx2.IsSupported)
            while (block <= blocks - Together && TryEncodeEight(from.Slice(block * Elements, Together * Elements), to.Slice(block * Bytes, Together * Bytes))) block += Together;
        for (; block < blocks; block++)
            if (!TryEncode(from.Slice(block * Elements, Elements), to.Slice(block * Bytes, Bytes))) return block;
        return blocks;
    }

    static bool TryEncode(ReadOnlySpan<float> x, Span<byte> y)
    {
        var (a, b, c, e) = (Vector256.Create(x), Vector256.Create(x[8..]), Vector256.Create(x[16..]), Vector256.Create(x[24..]));
        var sizes = Vector256.Max(Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(e)));
        var largest = QuantizedMath.Largest(sizes);
        var d = largest / 127f;
        var scale = HalfCast.ToF16(d);
        if (!(d <= float.MaxValue) || scale >= 0x7c00) return false;
        var inverse = 1f / d;
        var id = Vector256.Create(float.IsFinite(inverse) ? inverse : 0f);
        BinaryPrimitives.WriteUInt16LittleEndian(y, scale);
        var low = Vector256.Narrow(Round(a * id), Round(b * id));
        var high = Vector256.Narrow(Round(c * id), Round(e * id));
        Vector256.Narrow(low, high).CopyTo(MemoryMarshal.Cast<byte, sbyte>(y[2..]));
        return true;
    }

    /// <summary>Eight blocks at once: their scales are computed side by side, one in each lane. False when one of them cannot be expressed.</summary>
    static bool TryEncodeEight(ReadOnlySpan<float> from, Span<byte> to)
    {
        ref var x = ref MemoryMarshal.GetReference(from);
        ref var y = ref MemoryMarshal.GetReference(to);
        // Sizes compare as whole numbers do, and what is no number is above them all.
        var sizes = Vector256.Create(0x7fff_ffff);
        var largest = default(EightVectors);
        for (var block = 0; block < Together; block++)
        {
            ref var at = ref Unsafe.As<float, int>(ref Unsafe.Add(ref x, block * Elements));
            largest[block] = Vector256.Max(
                Vector256.Max(Vector256.LoadUnsafe(ref at) & sizes, Vector256.LoadUnsafe(ref at, 8) & sizes),
                Vector256.Max(Vector256.LoadUnsafe(ref at, 16) & sizes, Vector256.LoadUnsafe(ref at, 24) & sizes));
        }
        var d = QuantizedMath.LargestOfEach(largest).AsSingle() / Vector256.Create(127f);
        var scales = HalfCast.RoundToF16(d);
        if (Vector256.GreaterThanOrEqualAny(scales.AsInt32(), Vector256.Create(0x7c00))) return false;
        var inverse = Vector256<float>.One / d;
        inverse = Vector256.ConditionalSelect(Vector256.LessThanOrEqual(inverse, Vector256.Create(float.MaxValue)), inverse, Vector256<float>.Zero);
        for (var block = 0; block < Together; block++)
        {
            var id = Vector256.Create(inverse[block]);
            ref var at = ref Unsafe.Add(ref x, block * Elements);
            ref var target = ref Unsafe.Add(ref y, block * Bytes);
            Unsafe.WriteUnaligned(ref target, (ushort)scales[block]);
            QuantizedMath.ToBytes(
                Round(Vector256.LoadUnsafe(ref at) * id), Round(Vector256.LoadUnsafe(ref at, 8) * id),
                Round(Vector256.LoadUnsafe(ref at, 16) * id), Round(Vector256.LoadUnsafe(ref at, 24) * id)).AsByte().StoreUnsafe(ref target, 2);
        }
        return true;
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
        return Vector256.ConvertToInt32Native(number + (Vector256.Create(0.49999997f) | (number & sign)));
    }
}
