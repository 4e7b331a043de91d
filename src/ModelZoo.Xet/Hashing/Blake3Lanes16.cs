using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Xet;

/// <summary>Sixteen inputs of equal length at once, one in each 32-bit lane of a 512-bit vector.</summary>
static unsafe class Blake3Lanes16
{
    public const int Lanes = 16;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    /// <inheritdoc cref="Blake3Lanes8.Hash"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(byte* input, nint stride, int blocks, uint* key, ulong counter, uint step, uint flags, uint first, uint last, uint* output)
    {
        var h = stackalloc Vector512<uint>[16];
        var m = stackalloc Vector512<uint>[16];
        var t = stackalloc Vector512<uint>[16];
        for (var i = 0; i < 8; i++) h[i] = Vector512.Create(key[i]);
        var low = Vector512.Create((uint)counter) + Vector512.Create(0u, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) * step;
        var high = Vector512.Create((uint)(counter >> 32));
        fixed (byte* schedule = Blake3Core.Schedule)
        for (var block = 0; block < blocks; block++, input += Blake3Core.BlockBytes)
        {
            for (var lane = 0; lane < Lanes; lane++) m[lane] = Vector512.Load((uint*)(input + lane * stride));
            Transpose(m, t);
            Vector512<uint> v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
            Vector512<uint> v8 = Vector512.Create(Blake3Core.Iv0), v9 = Vector512.Create(Blake3Core.Iv1);
            Vector512<uint> v10 = Vector512.Create(Blake3Core.Iv2), v11 = Vector512.Create(Blake3Core.Iv3);
            Vector512<uint> v12 = low, v13 = high, v14 = Vector512.Create((uint)Blake3Core.BlockBytes);
            var v15 = Vector512.Create(flags | (block == 0 ? first : 0) | (block == blocks - 1 ? last : 0));
            for (var s = schedule; s < schedule + 7 * 16; s += 16)
            {
                Mix(ref v0, ref v4, ref v8, ref v12, m[s[0]], m[s[1]]);
                Mix(ref v1, ref v5, ref v9, ref v13, m[s[2]], m[s[3]]);
                Mix(ref v2, ref v6, ref v10, ref v14, m[s[4]], m[s[5]]);
                Mix(ref v3, ref v7, ref v11, ref v15, m[s[6]], m[s[7]]);
                Mix(ref v0, ref v5, ref v10, ref v15, m[s[8]], m[s[9]]);
                Mix(ref v1, ref v6, ref v11, ref v12, m[s[10]], m[s[11]]);
                Mix(ref v2, ref v7, ref v8, ref v13, m[s[12]], m[s[13]]);
                Mix(ref v3, ref v4, ref v9, ref v14, m[s[14]], m[s[15]]);
            }
            h[0] = v0 ^ v8; h[1] = v1 ^ v9; h[2] = v2 ^ v10; h[3] = v3 ^ v11;
            h[4] = v4 ^ v12; h[5] = v5 ^ v13; h[6] = v6 ^ v14; h[7] = v7 ^ v15;
        }
        Transpose(h, t);
        for (var lane = 0; lane < Lanes; lane++) h[lane].GetLower().Store(output + 8 * lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Mix(ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c, ref Vector512<uint> d, Vector512<uint> x, Vector512<uint> y)
    {
        a = a + b + x;
        d = Avx512F.RotateRight(d ^ a, 16);
        c += d;
        b = Avx512F.RotateRight(b ^ c, 12);
        a = a + b + y;
        d = Avx512F.RotateRight(d ^ a, 8);
        c += d;
        b = Avx512F.RotateRight(b ^ c, 7);
    }

    /// <summary>16 × 16 words: pairs, pairs of pairs, then quarters of the vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Transpose(Vector512<uint>* r, Vector512<uint>* t)
    {
        for (var i = 0; i < 16; i += 4)
        {
            Vector512<ulong> a = Avx512F.UnpackLow(r[i], r[i + 1]).AsUInt64(), b = Avx512F.UnpackHigh(r[i], r[i + 1]).AsUInt64();
            Vector512<ulong> c = Avx512F.UnpackLow(r[i + 2], r[i + 3]).AsUInt64(), d = Avx512F.UnpackHigh(r[i + 2], r[i + 3]).AsUInt64();
            t[i] = Avx512F.UnpackLow(a, c).AsUInt32();
            t[i + 1] = Avx512F.UnpackHigh(a, c).AsUInt32();
            t[i + 2] = Avx512F.UnpackLow(b, d).AsUInt32();
            t[i + 3] = Avx512F.UnpackHigh(b, d).AsUInt32();
        }
        for (var i = 0; i < 4; i++)
        {
            // Quarters: t[i] holds words i, 4+i, 8+i, 12+i of lanes 0-3; t[4+i] of lanes 4-7, and so on.
            Vector512<uint> a = Avx512F.Shuffle4x128(t[i], t[4 + i], 0x88), b = Avx512F.Shuffle4x128(t[i], t[4 + i], 0xDD);
            Vector512<uint> c = Avx512F.Shuffle4x128(t[8 + i], t[12 + i], 0x88), d = Avx512F.Shuffle4x128(t[8 + i], t[12 + i], 0xDD);
            r[i] = Avx512F.Shuffle4x128(a, c, 0x88);
            r[8 + i] = Avx512F.Shuffle4x128(a, c, 0xDD);
            r[4 + i] = Avx512F.Shuffle4x128(b, d, 0x88);
            r[12 + i] = Avx512F.Shuffle4x128(b, d, 0xDD);
        }
    }
}
