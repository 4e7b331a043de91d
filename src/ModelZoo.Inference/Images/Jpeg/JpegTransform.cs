namespace ModelZoo.Inference.Images.Jpeg;

/// <summary>
/// The inverse cosine transform of Loeffler, Ligtenberg and Moschytz (1989) in the integers of libjpeg's "islow" (jidctint.c), which almost every decoder
/// uses: pixels then differ in no bit.
/// </summary>
static class JpegTransform
{
    const int ConstBits = 13, Pass1Bits = 2;
    const int F0298 = 2446, F0390 = 3196, F0541 = 4433, F0765 = 6270, F0899 = 7373, F1175 = 9633, F1501 = 12299, F1847 = 15137, F1961 = 16069, F2053 = 16819, F2562 = 20995, F3072 = 25172;

    /// <summary>Place in a block of the n-th coefficient of the zigzag.</summary>
    public static ReadOnlySpan<byte> Natural =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    public static void Invert(ReadOnlySpan<short> coefficients, ReadOnlySpan<ushort> quantisation, Span<byte> samples)
    {
        Span<int> work = stackalloc int[64];
        Span<int> line = stackalloc int[8];
        for (var x = 0; x < 8; x++)
        {
            for (var y = 0; y < 8; y++) line[y] = coefficients[(8 * y) + x] * quantisation[(8 * y) + x];
            Turn(line, ConstBits - Pass1Bits);
            for (var y = 0; y < 8; y++) work[(8 * y) + x] = line[y];
        }
        for (var y = 0; y < 8; y++)
        {
            work.Slice(8 * y, 8).CopyTo(line);
            Turn(line, ConstBits + Pass1Bits + 3);
            for (var x = 0; x < 8; x++) samples[(8 * y) + x] = (byte)Math.Clamp(line[x] + 128, 0, 255);
        }
    }

    static void Turn(Span<int> v, int shift)
    {
        unchecked
        {
            int z2 = v[2], z3 = v[6];
            var z1 = (z2 + z3) * F0541;
            var (t2, t3) = (z1 - (z3 * F1847), z1 + (z2 * F0765));
            var (t0, t1) = ((v[0] + v[4]) << ConstBits, (v[0] - v[4]) << ConstBits);
            var (t10, t13, t11, t12) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);
            (t0, t1, t2, t3) = (v[7], v[5], v[3], v[1]);
            z1 = t0 + t3;
            z2 = t1 + t2;
            z3 = t0 + t2;
            var z4 = t1 + t3;
            var z5 = (z3 + z4) * F1175;
            (t0, t1, t2, t3) = (t0 * F0298, t1 * F2053, t2 * F3072, t3 * F1501);
            (z1, z2, z3, z4) = (-z1 * F0899, -z2 * F2562, (-z3 * F1961) + z5, (-z4 * F0390) + z5);
            t0 += z1 + z3;
            t1 += z2 + z4;
            t2 += z2 + z3;
            t3 += z1 + z4;
            var half = 1 << (shift - 1);
            v[0] = (t10 + t3 + half) >> shift;
            v[7] = (t10 - t3 + half) >> shift;
            v[1] = (t11 + t2 + half) >> shift;
            v[6] = (t11 - t2 + half) >> shift;
            v[2] = (t12 + t1 + half) >> shift;
            v[5] = (t12 - t1 + half) >> shift;
            v[3] = (t13 + t0 + half) >> shift;
            v[4] = (t13 - t0 + half) >> shift;
        }
    }
}
