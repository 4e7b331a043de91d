using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;
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

    /// <summary>d is minus an eighth of the number that is largest in size, the first of equals, so that this one is exact (quantize_row_q4_0_ref).</summary>
    /// <returns>How many whole blocks were written before one that holds a number that is none, or one too large for the scale.</returns>
    public static int Encode(ReadOnlySpan<float> from, Span<byte> to)
    {
        var blocks = from.Length / Elements;
        for (var block = 0; block < blocks; block++)
        {
            var x = from.Slice(block * Elements, Elements);
            var y = to.Slice(block * Bytes, Bytes);
            var (a, b, c, e) = (Vector256.Create(x), Vector256.Create(x[8..]), Vector256.Create(x[16..]), Vector256.Create(x[24..]));
            var (sizeA, sizeB, sizeC, sizeE) = (Vector256.Abs(a), Vector256.Abs(b), Vector256.Abs(c), Vector256.Abs(e));
            var largest = QuantizedMath.Largest(Vector256.Max(Vector256.Max(sizeA, sizeB), Vector256.Max(sizeC, sizeE)));
            if (!(largest <= float.MaxValue)) return block;
            var wanted = Vector256.Create(largest);
            var at = Vector256.Equals(sizeA, wanted).ExtractMostSignificantBits() | Vector256.Equals(sizeB, wanted).ExtractMostSignificantBits() << 8
                | Vector256.Equals(sizeC, wanted).ExtractMostSignificantBits() << 16 | Vector256.Equals(sizeE, wanted).ExtractMostSignificantBits() << 24;
            // A block of zeros has no largest number; the reference then starts from plus zero.
            var d = (largest == 0 ? 0f : x[BitOperations.TrailingZeroCount(at)]) / -8f;
            var scale = HalfCast.ToF16(d);
            if ((scale & 0x7fff) >= 0x7c00) return block;
            var inverse = 1f / d;
            var id = Vector256.Create(float.IsFinite(inverse) ? inverse : 0f);
            BinaryPrimitives.WriteUInt16LittleEndian(y, scale);
            var low = Vector256.Narrow(Round(a * id), Round(b * id));
            var high = Vector256.Narrow(Round(c * id), Round(e * id));
            var bytes = low | (high << 4);
            Vector128.Narrow(bytes.GetLower(), bytes.GetUpper()).CopyTo(y[2..]);
        }
        return blocks;
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

    static Vector256<uint> Round(Vector256<float> number) =>
        Vector256.Min(Vector256.Create(15), Vector256.ConvertToInt32(number + Vector256.Create(8.5f))).AsUInt32();
}
