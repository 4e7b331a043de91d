using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using ModelZoo.Weights.Numbers;

namespace ModelZoo.Weights.Quantized;

/// <summary>
/// Q4_K: 256 numbers as eight groups of 32. A group has a six-bit scale s and a six-bit minimum m; with the block's 16-bit d and e a number is
/// d·s·q − e·m, q of four bits (block_q4_K in ggml/src/ggml-common.h).
/// </summary>
/// <remarks>
/// The search for scale and minimum is that of quantize_row_q4_K_ref and make_qkx2_quants in ggml/src/ggml-quants.c (2026), in the same order of
/// operations, so blocks come out equal bit for bit. The eight groups of a block are computed side by side, one in each lane: sums run along a
/// group in the reference's order and lanes never mix.
/// </remarks>
static class BlockQ4K
{
    public const int Elements = 256;
    public const int Bytes = 144;

    const int Groups = 8;
    const int GroupElements = 32;
    const int Levels = 15;
    const int Tries = 20;

    /// <returns>How many whole blocks were written before one that holds a number that is none, or one too large for the scales.</returns>
    public static int Encode(ReadOnlySpan<float> from, Span<byte> to)
    {
        var blocks = from.Length / Elements;
        for (var block = 0; block < blocks; block++)
            if (!TryEncode(from.Slice(block * Elements, Elements), to.Slice(block * Bytes, Bytes))) return block;
        return blocks;
    }

    public static void Decode(ReadOnlySpan<byte> from, Span<float> to)
    {
        for (var block = 0; block < to.Length / Elements; block++)
        {
            var x = from.Slice(block * Bytes, Bytes);
            var y = to.Slice(block * Elements, Elements);
            var d = HalfCast.FromF16(BinaryPrimitives.ReadUInt16LittleEndian(x));
            var e = HalfCast.FromF16(BinaryPrimitives.ReadUInt16LittleEndian(x[2..]));
            for (var group = 0; group < Groups; group++)
            {
                var (scale, minimum) = Unpack(x.Slice(4, 12), group);
                var (step, start) = (d * scale, e * minimum);
                var codes = x.Slice(16 + group / 2 * GroupElements, GroupElements);
                for (var i = 0; i < GroupElements; i++)
                    y[group * GroupElements + i] = step * (group % 2 == 0 ? codes[i] & 15 : codes[i] >> 4) - start;
            }
        }
    }

    static bool TryEncode(ReadOnlySpan<float> x, Span<byte> y)
    {
        Span<Vector256<float>> columns = stackalloc Vector256<float>[GroupElements];
        Span<Vector256<int>> codes = stackalloc Vector256<int>[GroupElements];
        var isFinite = Vector256<float>.AllBitsSet;
        for (var i = 0; i < GroupElements; i++)
        {
            columns[i] = Vector256.Create(x[i], x[32 + i], x[64 + i], x[96 + i], x[128 + i], x[160 + i], x[192 + i], x[224 + i]);
            isFinite &= Vector256.LessThanOrEqual(Vector256.Abs(columns[i]), Vector256.Create(float.MaxValue));
        }
        if (isFinite.ExtractMostSignificantBits() != 0xff) return false;
        var (scales, minimums) = Fit(columns, codes);

        var (largestScale, largestMinimum) = (0f, 0f);
        for (var group = 0; group < Groups; group++)
        {
            if (scales[group] > largestScale) largestScale = scales[group];
            if (minimums[group] > largestMinimum) largestMinimum = minimums[group];
        }
        var (d, e) = (HalfCast.ToF16(largestScale / 63f), HalfCast.ToF16(largestMinimum / 63f));
        if (d >= 0x7c00 || e >= 0x7c00) return false;
        BinaryPrimitives.WriteUInt16LittleEndian(y, d);
        BinaryPrimitives.WriteUInt16LittleEndian(y[2..], e);
        Pack(y.Slice(4, 12), scales, minimums, Inverse(largestScale), Inverse(largestMinimum));
        Place(columns, codes, y, HalfCast.FromF16(d), HalfCast.FromF16(e));

        var at = y[16..];
        for (var pair = 0; pair < Groups; pair += 2)
            for (var i = 0; i < GroupElements; i++) at[pair / 2 * GroupElements + i] = (byte)(codes[i][pair] | codes[i][pair + 1] << 4);
        return true;
    }

    /// <summary>The scale and the (negated) minimum of each group that lose least, weighted by size; and the codes they give.</summary>
    static (Vector256<float> Scales, Vector256<float> Minimums) Fit(ReadOnlySpan<Vector256<float>> x, Span<Vector256<int>> codes)
    {
        Span<Vector256<float>> weights = stackalloc Vector256<float>[GroupElements];
        Span<Vector256<float>> tried = stackalloc Vector256<float>[GroupElements];
        var squares = Vector256<float>.Zero;
        for (var i = 0; i < GroupElements; i++) squares += x[i] * x[i];
        var typical = Vector256.Sqrt(squares / Vector256.Create(32f));
        var (min, max, sumW, sumX) = (x[0], x[0], Vector256<float>.Zero, Vector256<float>.Zero);
        for (var i = 0; i < GroupElements; i++)
        {
            var w = weights[i] = typical + Vector256.Abs(x[i]);
            min = Vector256.ConditionalSelect(Vector256.LessThan(x[i], min), x[i], min);
            max = Vector256.ConditionalSelect(Vector256.GreaterThan(x[i], max), x[i], max);
            sumW = i == 0 ? w : sumW + w;
            sumX = i == 0 ? w * x[i] : sumX + w * x[i];
        }
        min = Vector256.ConditionalSelect(Vector256.GreaterThan(min, Vector256<float>.Zero), Vector256<float>.Zero, min);
        var isFlat = Vector256.Equals(max, min);
        var range = max - min;
        var levels = Vector256.Create((float)Levels);
        var scale = Vector256<float>.One / (levels / range);
        var best = Vector256<float>.Zero;
        for (var i = 0; i < GroupElements; i++)
        {
            var level = Level(levels / range * (x[i] - min));
            codes[i] = Vector256.ConvertToInt32(level);
            var off = scale * level + min - x[i];
            best += weights[i] * (off * off);
        }
        for (var attempt = 0; attempt <= Tries; attempt++)
        {
            // The reference searches on from the minimum that it found last.
            var factor = Vector256.Create(-1f + 0.1f * attempt + Levels) / (max - min);
            var (sumL, sumL2, sumXL) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var i = 0; i < GroupElements; i++)
            {
                var level = tried[i] = Level(factor * (x[i] - min));
                var weighted = weights[i] * level;
                sumL += weighted;
                sumL2 += weighted * level;
                sumXL += weighted * x[i];
            }
            var determinant = sumW * sumL2 - sumL * sumL;
            var newScale = (sumW * sumXL - sumX * sumL) / determinant;
            var newMin = (sumL2 * sumX - sumL * sumXL) / determinant;
            var isAbove = Vector256.GreaterThan(newMin, Vector256<float>.Zero);
            newMin = Vector256.ConditionalSelect(isAbove, Vector256<float>.Zero, newMin);
            newScale = Vector256.ConditionalSelect(isAbove, sumXL / sumL2, newScale);
            var loss = Vector256<float>.Zero;
            for (var i = 0; i < GroupElements; i++)
            {
                var off = newScale * tried[i] + newMin - x[i];
                loss += weights[i] * (off * off);
            }
            var isBetter = Vector256.GreaterThan(determinant, Vector256<float>.Zero) & Vector256.LessThan(loss, best);
            if (isBetter == Vector256<float>.Zero) continue;
            for (var i = 0; i < GroupElements; i++)
                codes[i] = Vector256.ConditionalSelect(isBetter.AsInt32(), Vector256.ConvertToInt32(tried[i]), codes[i]);
            best = Vector256.ConditionalSelect(isBetter, loss, best);
            scale = Vector256.ConditionalSelect(isBetter, newScale, scale);
            min = Vector256.ConditionalSelect(isBetter, newMin, min);
        }
        for (var i = 0; i < GroupElements; i++) codes[i] = Vector256.ConditionalSelect(isFlat.AsInt32(), Vector256<int>.Zero, codes[i]);
        return (Vector256.ConditionalSelect(isFlat, Vector256<float>.Zero, scale), -min);
    }

    /// <summary>Codes again, now with the scales and minimums as they were stored.</summary>
    static void Place(ReadOnlySpan<Vector256<float>> x, Span<Vector256<int>> codes, ReadOnlySpan<byte> y, float d, float e)
    {
        var (steps, starts) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var group = 0; group < Groups; group++)
        {
            var (scale, minimum) = Unpack(y.Slice(4, 12), group);
            steps = steps.WithElement(group, d * scale);
            starts = starts.WithElement(group, e * minimum);
        }
        var isEmpty = Vector256.Equals(steps, Vector256<float>.Zero).AsInt32();
        for (var i = 0; i < GroupElements; i++)
            codes[i] = Vector256.ConditionalSelect(isEmpty, codes[i], Vector256.ConvertToInt32(Level((x[i] + starts) / steps)));
    }

    /// <summary>Twelve bytes for eight pairs of six bits: groups 0 to 3 in a byte each, the others four bits here and two on top of those.</summary>
    static void Pack(Span<byte> to, Vector256<float> scales, Vector256<float> minimums, float inverseScale, float inverseMinimum)
    {
        for (var group = 0; group < Groups; group++)
        {
            var scale = Math.Min((byte)63, (byte)Nearest(inverseScale * scales[group]));
            var minimum = Math.Min((byte)63, (byte)Nearest(inverseMinimum * minimums[group]));
            if (group < 4)
            {
                to[group] = (byte)scale;
                to[group + 4] = (byte)minimum;
                continue;
            }
            to[group + 4] = (byte)((scale & 15) | (minimum & 15) << 4);
            to[group - 4] |= (byte)(scale >> 4 << 6);
            to[group] |= (byte)(minimum >> 4 << 6);
        }
    }

    static (int Scale, int Minimum) Unpack(ReadOnlySpan<byte> from, int group) => group < 4
        ? (from[group] & 63, from[group + 4] & 63)
        : ((from[group + 4] & 15) | from[group - 4] >> 6 << 4, from[group + 4] >> 4 | from[group] >> 6 << 4);

    static float Inverse(float largest) => largest > 0 ? 63f / largest : 0f;

    /// <summary>The nearest whole number from 0 to 15, ties to even, by the rounding of an addition at 1.5·2^23.</summary>
    static Vector256<float> Level(Vector256<float> number)
    {
        var magic = Vector256.Create(12_582_912f);
        var nearest = number + magic - magic;
        return Vector256.Max(Vector256<float>.Zero, Vector256.Min(Vector256.Create((float)Levels), nearest));
    }

    static int Nearest(float number) => (int)(number + 12_582_912f - 12_582_912f);
}
