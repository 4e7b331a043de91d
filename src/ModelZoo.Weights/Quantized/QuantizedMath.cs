using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Weights.Quantized;

static class QuantizedMath
{
    /// <summary>The largest lane; not a number when any lane is none.</summary>
    public static float Largest(Vector256<float> lanes)
    {
        var four = Vector128.Max(lanes.GetLower(), lanes.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    /// <summary>The largest lane of each of eight vectors (needs AVX2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LargestOfEach(ReadOnlySpan<Vector256<int>> v) => Vector256.Create(
        Largest(Halve(v[0]), Halve(v[1]), Halve(v[2]), Halve(v[3])), Largest(Halve(v[4]), Halve(v[5]), Halve(v[6]), Halve(v[7])));

    /// <summary>The same, lanes read as unsigned numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> LargestOfEach(ReadOnlySpan<Vector256<uint>> v) => Vector256.Create(
        Largest(Halve(v[0]), Halve(v[1]), Halve(v[2]), Halve(v[3])), Largest(Halve(v[4]), Halve(v[5]), Halve(v[6]), Halve(v[7])));

    /// <summary>Four vectors of whole numbers from -128 to 127 as bytes, in their order (needs AVX2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> ToBytes(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d)
    {
        // The packing instructions work in halves; the permutation puts fours of bytes back in their order.
        var packed = Avx2.PackSignedSaturate(Avx2.PackSignedSaturate(a, b), Avx2.PackSignedSaturate(c, d));
        return Avx2.PermuteVar8x32(packed.AsInt32(), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsSByte();
    }

    static Vector128<int> Halve(Vector256<int> v) => Vector128.Max(v.GetLower(), v.GetUpper());

    static Vector128<uint> Halve(Vector256<uint> v) => Vector128.Max(v.GetLower(), v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<int> Largest(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d)
    {
        var ab = Vector128.Max(Sse2.UnpackLow(a, b), Sse2.UnpackHigh(a, b)).AsInt64();
        var cd = Vector128.Max(Sse2.UnpackLow(c, d), Sse2.UnpackHigh(c, d)).AsInt64();
        return Vector128.Max(Sse2.UnpackLow(ab, cd).AsInt32(), Sse2.UnpackHigh(ab, cd).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<uint> Largest(Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d)
    {
        var ab = Vector128.Max(Sse2.UnpackLow(a, b), Sse2.UnpackHigh(a, b)).AsInt64();
        var cd = Vector128.Max(Sse2.UnpackLow(c, d), Sse2.UnpackHigh(c, d)).AsInt64();
        return Vector128.Max(Sse2.UnpackLow(ab, cd).AsUInt32(), Sse2.UnpackHigh(ab, cd).AsUInt32());
    }
}

/// <summary>A vector for each of eight blocks.</summary>
[InlineArray(8)]
struct EightVectors
{
    Vector256<int> _first;
}

[InlineArray(8)]
struct EightUnsigned
{
    Vector256<uint> _first;
}
