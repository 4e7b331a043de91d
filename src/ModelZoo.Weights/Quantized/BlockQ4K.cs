using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ModelZoo.Weights.Numbers;

namespace ModelZoo.Weights.Quantized;

/// <summary>
/// Q4_K: 256 numbers as eight groups of 32. A group has a six-bit scale s and a six-bit minimum m; with the block's 16-bit d and e a number is
/// d·s·q − e·m, q of four bits (block_q4_K in ggml/src/ggml-common.h).
/// </summary>
/// <remarks>
/// The search for scale and minimum is that of quantize_row_q4_K_ref and make_qkx2_quants in ggml/src/ggml-quants.c (2026), in the same order of
/// operations, so blocks come out equal bit for bit. The groups of two blocks are computed side by side, one in each lane: sums run along a group
/// in the reference's order and lanes never mix.
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
        for (var block = 0; block < blocks; block += 2)
        {
            var first = from.Slice(block * Elements, Elements);
            // A last block that is alone is computed twice.
            var second = block + 1 < blocks ? from.Slice((block + 1) * Elements, Elements) : first;
            var (a, b) = Fit(first, second);
            if (!TryPlace(first, a, to.Slice(block * Bytes, Bytes))) return block;
            if (block + 1 < blocks && !TryPlace(second, b, to.Slice((block + 1) * Bytes, Bytes))) return block + 1;
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

    static bool TryPlace(ReadOnlySpan<float> x, in Fits fit, Span<byte> y)
    {
        if (!fit.IsFinite) return false;
        var (largestScale, largestMinimum) = (0f, 0f);
        for (var group = 0; group < Groups; group++)
        {
            if (fit.Scales[group] > largestScale) largestScale = fit.Scales[group];
            if (fit.Minimums[group] > largestMinimum) largestMinimum = fit.Minimums[group];
        }
        var (d, e) = (HalfCast.ToF16(largestScale / 63f), HalfCast.ToF16(largestMinimum / 63f));
        if (d >= 0x7c00 || e >= 0x7c00) return false;
        BinaryPrimitives.WriteUInt16LittleEndian(y, d);
        BinaryPrimitives.WriteUInt16LittleEndian(y[2..], e);
        Pack(y.Slice(4, 12), fit.Scales, fit.Minimums, Inverse(largestScale), Inverse(largestMinimum));
        Place(x, fit, y, HalfCast.FromF16(d), HalfCast.FromF16(e));
        return true;
    }

    /// <summary>What the search found for each group: a scale, the negated minimum, and what the codes of the best try were computed with.</summary>
    readonly record struct Fits(bool IsFinite, Vector256<float> Scales, Vector256<float> Minimums, Vector256<float> Factors, Vector256<float> Starts);

    /// <summary>The scale and the (negated) minimum of each group of two blocks that lose least, weighted by size.</summary>
    [SkipLocalsInit]
    static (Fits First, Fits Second) Fit(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        Span<Vector512<float>> columns = stackalloc Vector512<float>[GroupElements];
        Span<Vector512<float>> weightColumns = stackalloc Vector512<float>[GroupElements];
        Span<Vector512<float>> triedColumns = stackalloc Vector512<float>[GroupElements];
        var isFinite = Vector512<float>.AllBitsSet;
        for (var i = 0; i < GroupElements; i++)
        {
            columns[i] = Vector512.Create(Column(first, i), Column(second, i));
            isFinite &= Vector512.LessThanOrEqual(Vector512.Abs(columns[i]), Vector512.Create(float.MaxValue));
        }
        ref var x = ref MemoryMarshal.GetReference(columns);
        ref var weights = ref MemoryMarshal.GetReference(weightColumns);
        ref var tried = ref MemoryMarshal.GetReference(triedColumns);
        var squares = Vector512<float>.Zero;
        for (var i = 0; i < GroupElements; i++) squares += columns[i] * columns[i];
        var typical = Vector512.Sqrt(squares / Vector512.Create(32f));
        var (min, max, sumW, sumX) = (columns[0], columns[0], Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < GroupElements; i++)
        {
            var w = weightColumns[i] = typical + Vector512.Abs(columns[i]);
            min = Vector512.ConditionalSelect(Vector512.LessThan(columns[i], min), columns[i], min);
            max = Vector512.ConditionalSelect(Vector512.GreaterThan(columns[i], max), columns[i], max);
            sumW = i == 0 ? w : sumW + w;
            sumX = i == 0 ? w * columns[i] : sumX + w * columns[i];
        }
        min = Vector512.ConditionalSelect(Vector512.GreaterThan(min, Vector512<float>.Zero), Vector512<float>.Zero, min);
        var isFlat = Vector512.Equals(max, min);
        var range = max - min;
        var levels = Vector512.Create((float)Levels);
        var (bestFactor, bestStart) = (levels / range, min);
        var scale = Vector512<float>.One / bestFactor;
        var best = Vector512<float>.Zero;
        for (var i = 0; i < GroupElements; i++)
        {
            var off = scale * Level(bestFactor * (columns[i] - min)) + min - columns[i];
            best += weightColumns[i] * (off * off);
        }
        for (var attempt = 0; attempt <= Tries; attempt++)
        {
            // The reference searches on from the minimum that it found last.
            var factor = Vector512.Create(-1f + 0.1f * attempt + Levels) / (max - min);
            var (sumL, sumL2, sumXL) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            for (nuint i = 0; i < GroupElements; i++)
            {
                var number = Unsafe.Add(ref x, i);
                var level = Level(factor * (number - min));
                Unsafe.Add(ref tried, i) = level;
                var weighted = Unsafe.Add(ref weights, i) * level;
                sumL += weighted;
                sumL2 += weighted * level;
                sumXL += weighted * number;
            }
            var determinant = sumW * sumL2 - sumL * sumL;
            var newScale = (sumW * sumXL - sumX * sumL) / determinant;
            var newMin = (sumL2 * sumX - sumL * sumXL) / determinant;
            var isAbove = Vector512.GreaterThan(newMin, Vector512<float>.Zero);
            newMin = Vector512.ConditionalSelect(isAbove, Vector512<float>.Zero, newMin);
            newScale = Vector512.ConditionalSelect(isAbove, sumXL / sumL2, newScale);
            var loss = Vector512<float>.Zero;
            for (nuint i = 0; i < GroupElements; i++)
            {
                var off = newScale * Unsafe.Add(ref tried, i) + newMin - Unsafe.Add(ref x, i);
                loss += Unsafe.Add(ref weights, i) * (off * off);
            }
            var isBetter = Vector512.AndNot(Vector512.GreaterThan(determinant, Vector512<float>.Zero) & Vector512.LessThan(loss, best), isFlat);
            best = Vector512.ConditionalSelect(isBetter, loss, best);
            scale = Vector512.ConditionalSelect(isBetter, newScale, scale);
            bestFactor = Vector512.ConditionalSelect(isBetter, factor, bestFactor);
            bestStart = Vector512.ConditionalSelect(isBetter, min, bestStart);
            min = Vector512.ConditionalSelect(isBetter, newMin, min);
        }
        scale = Vector512.ConditionalSelect(isFlat, Vector512<float>.Zero, scale);
        bestFactor = Vector512.ConditionalSelect(isFlat, Vector512<float>.Zero, bestFactor);
        min = -min;
        var whole = isFinite.ExtractMostSignificantBits();
        return (new((whole & 0xff) == 0xff, scale.GetLower(), min.GetLower(), bestFactor.GetLower(), bestStart.GetLower()),
            new(whole >> 8 == 0xff, scale.GetUpper(), min.GetUpper(), bestFactor.GetUpper(), bestStart.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Column(ReadOnlySpan<float> x, int i) => Vector256.Create(x[i], x[32 + i], x[64 + i], x[96 + i], x[128 + i], x[160 + i], x[192 + i], x[224 + i]);

    /// <summary>The codes, with the scales and minimums as they were stored; where a scale became zero, the codes of the search.</summary>
    static void Place(ReadOnlySpan<float> x, in Fits fit, Span<byte> y, float d, float e)
    {
        Span<Vector256<int>> codes = stackalloc Vector256<int>[8];
        for (var pair = 0; pair < Groups; pair += 2)
        {
            for (var half = 0; half < 2; half++)
            {
                var group = pair + half;
                var (scale, minimum) = Unpack(y.Slice(4, 12), group);
                var (step, start) = (d * scale, Vector256.Create(e * minimum));
                for (var part = 0; part < 4; part++)
                {
                    var numbers = Vector256.Create(x[(group * GroupElements + part * 8)..]);
                    var level = step == 0
                        ? Level(Vector256.Create(fit.Factors[group]) * (numbers - Vector256.Create(fit.Starts[group])))
                        : Level((numbers + start) / Vector256.Create(step));
                    codes[half * 4 + part] = Vector256.ConvertToInt32(level);
                }
            }
            var at = y.Slice(16 + pair / 2 * GroupElements, GroupElements);
            for (var part = 0; part < 4; part++) codes[part] |= codes[4 + part] << 4;
            if (Avx2.IsSupported) Pack(codes).CopyTo(at);
            else
                for (var i = 0; i < GroupElements; i++) at[i] = (byte)codes[i / 8][i % 8];
        }
    }

    /// <summary>Four vectors of numbers below 256 as bytes.</summary>
    static Vector256<byte> Pack(ReadOnlySpan<Vector256<int>> codes)
    {
        var offset = Vector256.Create(128);
        return QuantizedMath.ToBytes(codes[0] - offset, codes[1] - offset, codes[2] - offset, codes[3] - offset).AsByte() ^ Vector256.Create((byte)0x80);
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
        return Vector256.MaxNative(Vector256<float>.Zero, Vector256.MinNative(Vector256.Create((float)Levels), nearest));
    }

    static Vector512<float> Level(Vector512<float> number)
    {
        var magic = Vector512.Create(12_582_912f);
        var nearest = number + magic - magic;
        return Vector512.MaxNative(Vector512<float>.Zero, Vector512.MinNative(Vector512.Create((float)Levels), nearest));
    }

    static int Nearest(float number) => (int)(number + 12_582_912f - 12_582_912f);
}
