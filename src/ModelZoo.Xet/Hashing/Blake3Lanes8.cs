using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Xet;

/// <summary>Eight inputs of equal length at once, one in each 32-bit lane of a 256-bit vector.</summary>
static unsafe class Blake3Lanes8
{
    public const int Lanes = 8;

    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    /// <summary>Hashes eight inputs that lie <paramref name="stride"/> bytes apart, each of <paramref name="blocks"/> blocks.</summary>
    /// <param name="counter">The first lane's chunk number.</param>
    /// <param name="step">1 when every lane is the next chunk, 0 for parents.</param>
    /// <param name="output">8 × 8 words: the lanes' chaining values one after the other.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(byte* input, nint stride, int blocks, uint* key, ulong counter, uint step, uint flags, uint first, uint last, uint* output)
    {
        var h = stackalloc Vector256<uint>[8];
        var m = stackalloc Vector256<uint>[16];
        for (var i = 0; i < 8; i++) h[i] = Vector256.Create(key[i]);
        // A batch never crosses 2³² chunks (4 TiB): batches start at a multiple of their own length.
        var low = Vector256.Create((uint)counter) + Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7) * step;
        var high = Vector256.Create((uint)(counter >> 32));
        fixed (byte* schedule = Blake3Core.Schedule)
        for (var block = 0; block < blocks; block++, input += Blake3Core.BlockBytes)
        {
            Load(input, stride, m);
            Load(input + 32, stride, m + 8);
            Vector256<uint> v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
            Vector256<uint> v8 = Vector256.Create(Blake3Core.Iv0), v9 = Vector256.Create(Blake3Core.Iv1);
            Vector256<uint> v10 = Vector256.Create(Blake3Core.Iv2), v11 = Vector256.Create(Blake3Core.Iv3);
            Vector256<uint> v12 = low, v13 = high, v14 = Vector256.Create((uint)Blake3Core.BlockBytes);
            var v15 = Vector256.Create(flags | (block == 0 ? first : 0) | (block == blocks - 1 ? last : 0));
            // A loop over the schedule and not 112 written-out words: those the compiler would keep apart, and spill.
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
        Transpose(h);
        for (var lane = 0; lane < Lanes; lane++) h[lane].Store(output + 8 * lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Mix(ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d, Vector256<uint> x, Vector256<uint> y)
    {
        a = a + b + x;
        d = Rotate16(d ^ a);
        c += d;
        b = Rotate(b ^ c, 12);
        a = a + b + y;
        d = Rotate8(d ^ a);
        c += d;
        b = Rotate(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<uint> Rotate(Vector256<uint> v, [ConstantExpected] byte bits) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(v, bits) : (v >>> bits) | (v << (32 - bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<uint> Rotate16(Vector256<uint> v) => Avx512F.VL.IsSupported || !Avx2.IsSupported ? Rotate(v, 16)
        : Avx2.Shuffle(v.AsByte(), Vector256.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<uint> Rotate8(Vector256<uint> v) => Avx512F.VL.IsSupported || !Avx2.IsSupported ? Rotate(v, 8)
        : Avx2.Shuffle(v.AsByte(), Vector256.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)).AsUInt32();

    /// <summary>Words 0 to 7 of each lane's block, turned so that a vector holds one word of all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Load(byte* input, nint stride, Vector256<uint>* words)
    {
        for (var lane = 0; lane < Lanes; lane++) words[lane] = Vector256.Load((uint*)(input + lane * stride));
        Transpose(words);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Transpose(Vector256<uint>* r)
    {
        if (!Avx2.IsSupported)
        {
            var t = stackalloc uint[64];
            for (var row = 0; row < 8; row++)
                for (var column = 0; column < 8; column++) t[8 * column + row] = r[row][column];
            for (var row = 0; row < 8; row++) r[row] = Vector256.Load(t + 8 * row);
            return;
        }
        Vector256<uint> a0 = Avx2.UnpackLow(r[0], r[1]), a1 = Avx2.UnpackHigh(r[0], r[1]), a2 = Avx2.UnpackLow(r[2], r[3]), a3 = Avx2.UnpackHigh(r[2], r[3]);
        Vector256<uint> a4 = Avx2.UnpackLow(r[4], r[5]), a5 = Avx2.UnpackHigh(r[4], r[5]), a6 = Avx2.UnpackLow(r[6], r[7]), a7 = Avx2.UnpackHigh(r[6], r[7]);
        Vector256<uint> b0 = Low(a0, a2), b1 = High(a0, a2), b2 = Low(a1, a3), b3 = High(a1, a3);
        Vector256<uint> b4 = Low(a4, a6), b5 = High(a4, a6), b6 = Low(a5, a7), b7 = High(a5, a7);
        r[0] = Avx2.Permute2x128(b0, b4, 0x20); r[1] = Avx2.Permute2x128(b1, b5, 0x20);
        r[2] = Avx2.Permute2x128(b2, b6, 0x20); r[3] = Avx2.Permute2x128(b3, b7, 0x20);
        r[4] = Avx2.Permute2x128(b0, b4, 0x31); r[5] = Avx2.Permute2x128(b1, b5, 0x31);
        r[6] = Avx2.Permute2x128(b2, b6, 0x31); r[7] = Avx2.Permute2x128(b3, b7, 0x31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<uint> Low(Vector256<uint> a, Vector256<uint> b) => Avx2.UnpackLow(a.AsUInt64(), b.AsUInt64()).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<uint> High(Vector256<uint> a, Vector256<uint> b) => Avx2.UnpackHigh(a.AsUInt64(), b.AsUInt64()).AsUInt32();
}
