using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelZoo.Weights.Numbers;

namespace ModelZoo.Weights.Quantized;

/// <summary>
/// Q4_0: 32 numbers as a 16-bit scale d and 32 numbers q of four bits; each number is d·(q − 8). Byte i holds q[i] below and q[i + 16] above
/// (block_q4_0 in ggml/src/ggml-common.h).
/// </summary>
static class BlockQ40
{
    public const int Elements = 32;
    public const int Bytes = 18;

    const int Together = 8;

    /// <summary>d is minus an eighth of the number that is largest in size, the first of equals, so that this one is exact (quantize_row_q4_0_ref).</summary>
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
        var d = FindLargest(x) / -8f;
        var scale = HalfCast.ToF16(d);
        if ((scale & 0x7fff) >= 0x7c00) return false;
        var inverse = 1f / d;
        var id = Vector256.Create(float.IsFinite(inverse) ? inverse : 0f);
        BinaryPrimitives.WriteUInt16LittleEndian(y, scale);
        var low = Vector256.Narrow(Round(Vector256.Create(x) * id), Round(Vector256.Create(x[8..]) * id));
        var high = Vector256.Narrow(Round(Vector256.Create(x[16..]) * id), Round(Vector256.Create(x[24..]) * id));
        var bytes = (low | (high << 4)).AsUInt16();
        Vector128.Narrow(bytes.GetLower(), bytes.GetUpper()).CopyTo(y[2..]);
        return true;
    }

    /// <summary>The first of the numbers that are largest in size, plus zero when all are zero, and what is no number when any is none.</summary>
    static float FindLargest(ReadOnlySpan<float> x)
    {
        var (sizeA, sizeB) = (Vector256.Abs(Vector256.Create(x)), Vector256.Abs(Vector256.Create(x[8..])));
        var (sizeC, sizeE) = (Vector256.Abs(Vector256.Create(x[16..])), Vector256.Abs(Vector256.Create(x[24..])));
        var largest = QuantizedMath.Largest(Vector256.Max(Vector256.Max(sizeA, sizeB), Vector256.Max(sizeC, sizeE)));
        if (!(largest <= float.MaxValue) || largest == 0) return largest;
        var wanted = Vector256.Create(largest);
        var at = Vector256.Equals(sizeA, wanted).ExtractMostSignificantBits() | Vector256.Equals(sizeB, wanted).ExtractMostSignificantBits() << 8
            | Vector256.Equals(sizeC, wanted).ExtractMostSignificantBits() << 16 | Vector256.Equals(sizeE, wanted).ExtractMostSignificantBits() << 24;
        return x[BitOperations.TrailingZeroCount(at)];
    }

    /// <summary>Eight blocks at once: their scales are computed side by side, one in each lane. False when one of them cannot be expressed.</summary>
    static bool TryEncodeEight(ReadOnlySpan<float> from, Span<byte> to)
    {
        ref var x = ref MemoryMarshal.GetReference(from);
        ref var y = ref MemoryMarshal.GetReference(to);
        // As signed whole numbers the largest positive number comes first, as unsigned ones the lowest negative one.
        var (highest, lowest) = (default(EightVectors), default(EightUnsigned));
        for (var block = 0; block < Together; block++)
        {
            ref var at = ref Unsafe.As<float, int>(ref Unsafe.Add(ref x, block * Elements));
            var (a, b, c, e) = (Vector256.LoadUnsafe(ref at), Vector256.LoadUnsafe(ref at, 8), Vector256.LoadUnsafe(ref at, 16), Vector256.LoadUnsafe(ref at, 24));
            highest[block] = Vector256.Max(Vector256.Max(a, b), Vector256.Max(c, e));
            lowest[block] = Vector256.Max(Vector256.Max(a.AsUInt32(), b.AsUInt32()), Vector256.Max(c.AsUInt32(), e.AsUInt32()));
        }
        var (positive, negative) = (QuantizedMath.LargestOfEach(highest), QuantizedMath.LargestOfEach(lowest).AsInt32());
        var negativeSize = negative & Vector256.Create(0x7fff_ffff);
        var size = Vector256.Max(positive, negativeSize);
        var largest = Vector256.ConditionalSelect(Vector256.Equals(positive, size), positive, negative);
        largest = Vector256.ConditionalSelect(Vector256.Equals(size, Vector256<int>.Zero), Vector256<int>.Zero, largest);
        // Of a number and its opposite the one that comes first decides.
        var both = (Vector256.Equals(positive, negativeSize) & Vector256.LessThan(negative, Vector256<int>.Zero)).ExtractMostSignificantBits();
        for (; both != 0; both &= both - 1)
        {
            var block = BitOperations.TrailingZeroCount(both);
            largest = largest.WithElement(block, BitConverter.SingleToInt32Bits(FindLargest(from.Slice(block * Elements, Elements))));
        }
        var d = largest.AsSingle() / Vector256.Create(-8f);
        var scales = HalfCast.RoundToF16(d);
        if (Vector256.GreaterThanOrEqualAny(scales.AsInt32() & Vector256.Create(0x7fff), Vector256.Create(0x7c00))) return false;
        var inverse = Vector256<float>.One / d;
        inverse = Vector256.ConditionalSelect(Vector256.LessThanOrEqual(Vector256.Abs(inverse), Vector256.Create(float.MaxValue)), inverse, Vector256<float>.Zero);
        for (var block = 0; block < Together; block++)
        {
            var id = Vector256.Create(inverse[block]);
            ref var at = ref Unsafe.Add(ref x, block * Elements);
            ref var target = ref Unsafe.Add(ref y, block * Bytes);
            Unsafe.WriteUnaligned(ref target, (ushort)scales[block]);
            var bytes = QuantizedMath.ToBytes(
                Round(Vector256.LoadUnsafe(ref at) * id), Round(Vector256.LoadUnsafe(ref at, 8) * id),
                Round(Vector256.LoadUnsafe(ref at, 16) * id), Round(Vector256.LoadUnsafe(ref at, 24) * id)).AsByte();
            // Codes are below 16, so the shift in larger lanes spills nothing over.
            (bytes.GetLower() | (bytes.GetUpper().AsUInt16() << 4).AsByte()).StoreUnsafe(ref target, 2);
        }
        return true;
    }

    public static void Decode(ReadOnlySpan<byte> from, Span<float> to)
    {
        for (var block = 0; block < to.Length / Elements; block++)
        {
            var x = from.Slice(block * Bytes, Bytes);
            var y = to.Slice(block * Elements, Elements);
            var d = HalfCast.FromF16(BinaryPrimitives.ReadUInt16LittleEndian(x));
            for (var i = 0; i < Elements / 2; i++)
            {
                y[i] = ((x[2 + i] & 15) - 8) * d;
                y[i + Elements / 2] = ((x[2 + i] >> 4) - 8) * d;
            }
        }
    }

    static Vector256<int> Round(Vector256<float> number) =>
        Vector256.Min(Vector256.Create(15), Vector256.ConvertToInt32Native(number + Vector256.Create(8.5f)));
}
