using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Learning.Kernels;

/// <summary>How a matrix lies in memory.</summary>
/// <param name="Row">Steps from one row to the next.</param>
/// <param name="Inner">Steps along the inner index.</param>
readonly record struct Strides(int Row, int Inner);

/// <summary>
/// C[r, n] = Σ_i A[r, i] · B[i, n]. Each output is one chain of fused multiply-adds in the order of i, from zero; what is added to it comes last. So the
/// same numbers give the same bits on every processor with or without wide vectors, however many threads run beside it.
/// </summary>
static class MatrixProduct
{
    /// <summary>C = A·B + bias; an empty bias is zero.</summary>
    public static void Write(int rows, int columns, int inner, ReadOnlySpan<float> a, Strides strides, ReadOnlySpan<float> b, int bRow, ReadOnlySpan<float> bias, Span<float> c, int cRow)
    {
        Check(rows, columns, inner, a, strides, b, bRow, c, cRow);
        if (bias.Length > 0 && bias.Length < columns) throw new ArgumentException("The bias is shorter than a row.", nameof(bias));
        Run(rows, columns, inner, ref MemoryMarshal.GetReference(a), strides, ref MemoryMarshal.GetReference(b), bRow, ref MemoryMarshal.GetReference(bias), bias.Length > 0, ref MemoryMarshal.GetReference(c), cRow, false);
    }

    /// <summary>C += A·B.</summary>
    public static void Add(int rows, int columns, int inner, ReadOnlySpan<float> a, Strides strides, ReadOnlySpan<float> b, int bRow, Span<float> c, int cRow)
    {
        Check(rows, columns, inner, a, strides, b, bRow, c, cRow);
        ref var target = ref MemoryMarshal.GetReference(c);
        Run(rows, columns, inner, ref MemoryMarshal.GetReference(a), strides, ref MemoryMarshal.GetReference(b), bRow, ref target, false, ref target, cRow, true);
    }

    static void Check(int rows, int columns, int inner, ReadOnlySpan<float> a, Strides strides, ReadOnlySpan<float> b, int bRow, ReadOnlySpan<float> c, int cRow)
    {
        if (rows <= 0 || columns <= 0 || inner <= 0) throw new ArgumentException("A matrix has no extent.");
        if (a.Length < (rows - 1) * strides.Row + (inner - 1) * strides.Inner + 1 || b.Length < (inner - 1) * bRow + columns || c.Length < (rows - 1) * cRow + columns)
            throw new ArgumentException($"A matrix is shorter than {rows} × {columns} over {inner} needs.");
    }

    static void Run(int rows, int columns, int inner, ref float a, Strides strides, ref float b, int bRow, ref float bias, bool hasBias, ref float c, int cRow, bool add)
    {
        var n = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; n + 32 <= columns; n += 32) PairPanel<Lanes512>(rows, inner, ref a, strides, ref Unsafe.Add(ref b, n), bRow, ref Unsafe.Add(ref bias, hasBias ? n : 0), hasBias, ref Unsafe.Add(ref c, n), cRow, add);
            for (; n + 16 <= columns; n += 16) Panel<Lanes512>(rows, inner, ref a, strides, ref Unsafe.Add(ref b, n), bRow, ref Unsafe.Add(ref bias, hasBias ? n : 0), hasBias, ref Unsafe.Add(ref c, n), cRow, add);
        }
        for (; n + 16 <= columns; n += 16) PairPanel<Lanes256>(rows, inner, ref a, strides, ref Unsafe.Add(ref b, n), bRow, ref Unsafe.Add(ref bias, hasBias ? n : 0), hasBias, ref Unsafe.Add(ref c, n), cRow, add);
        for (; n + 8 <= columns; n += 8) Panel<Lanes256>(rows, inner, ref a, strides, ref Unsafe.Add(ref b, n), bRow, ref Unsafe.Add(ref bias, hasBias ? n : 0), hasBias, ref Unsafe.Add(ref c, n), cRow, add);
        for (; n < columns; n++) Panel<Lane>(rows, inner, ref a, strides, ref Unsafe.Add(ref b, n), bRow, ref Unsafe.Add(ref bias, hasBias ? n : 0), hasBias, ref Unsafe.Add(ref c, n), cRow, add);
    }

    /// <summary>Two vectors of columns, four rows at a time: eight chains keep two multiply-add units busy.</summary>
    static void PairPanel<V>(int rows, int inner, ref float a, Strides strides, ref float b, int bRow, ref float bias, bool hasBias, ref float c, int cRow, bool add) where V : struct, ILanes<V>
    {
        var r = 0;
        for (; r + 4 <= rows; r += 4)
        {
            ref var a0 = ref Unsafe.Add(ref a, r * strides.Row);
            ref var a1 = ref Unsafe.Add(ref a0, strides.Row);
            ref var a2 = ref Unsafe.Add(ref a1, strides.Row);
            ref var a3 = ref Unsafe.Add(ref a2, strides.Row);
            ref var bi = ref b;
            V s00 = V.Fill(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
            var at = 0;
            for (var i = 0; i < inner; i++)
            {
                var b0 = V.Load(ref bi);
                var b1 = V.Load(ref Unsafe.Add(ref bi, V.Count));
                var x = V.Fill(Unsafe.Add(ref a0, at));
                s00 = s00.PlusProduct(x, b0);
                s01 = s01.PlusProduct(x, b1);
                x = V.Fill(Unsafe.Add(ref a1, at));
                s10 = s10.PlusProduct(x, b0);
                s11 = s11.PlusProduct(x, b1);
                x = V.Fill(Unsafe.Add(ref a2, at));
                s20 = s20.PlusProduct(x, b0);
                s21 = s21.PlusProduct(x, b1);
                x = V.Fill(Unsafe.Add(ref a3, at));
                s30 = s30.PlusProduct(x, b0);
                s31 = s31.PlusProduct(x, b1);
                at += strides.Inner;
                bi = ref Unsafe.Add(ref bi, bRow);
            }
            ref var to = ref Unsafe.Add(ref c, r * cRow);
            Finish(s00, s01, ref bias, hasBias, ref to, add);
            Finish(s10, s11, ref bias, hasBias, ref Unsafe.Add(ref to, cRow), add);
            Finish(s20, s21, ref bias, hasBias, ref Unsafe.Add(ref to, 2 * cRow), add);
            Finish(s30, s31, ref bias, hasBias, ref Unsafe.Add(ref to, 3 * cRow), add);
        }
        for (; r < rows; r++)
        {
            ref var a0 = ref Unsafe.Add(ref a, r * strides.Row);
            ref var bi = ref b;
            V s0 = V.Fill(0), s1 = s0;
            for (var i = 0; i < inner; i++)
            {
                var x = V.Fill(Unsafe.Add(ref a0, i * strides.Inner));
                s0 = s0.PlusProduct(x, V.Load(ref bi));
                s1 = s1.PlusProduct(x, V.Load(ref Unsafe.Add(ref bi, V.Count)));
                bi = ref Unsafe.Add(ref bi, bRow);
            }
            Finish(s0, s1, ref bias, hasBias, ref Unsafe.Add(ref c, r * cRow), add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Finish<V>(V low, V high, ref float bias, bool hasBias, ref float to, bool add) where V : struct, ILanes<V>
    {
        Finish(low, ref bias, hasBias, ref to, add);
        Finish(high, ref Unsafe.Add(ref bias, hasBias ? V.Count : 0), hasBias, ref Unsafe.Add(ref to, V.Count), add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Finish<V>(V sum, ref float bias, bool hasBias, ref float to, bool add) where V : struct, ILanes<V>
    {
        if (add) sum = V.Load(ref to).Plus(sum);
        else if (hasBias) sum = sum.Plus(V.Load(ref bias));
        sum.Store(ref to);
    }

    static void Panel<V>(int rows, int inner, ref float a, Strides strides, ref float b, int bRow, ref float bias, bool hasBias, ref float c, int cRow, bool add) where V : struct, ILanes<V>
    {
        var r = 0;
        for (; r + 4 <= rows; r += 4)
        {
            ref var a0 = ref Unsafe.Add(ref a, r * strides.Row);
            ref var a1 = ref Unsafe.Add(ref a0, strides.Row);
            ref var a2 = ref Unsafe.Add(ref a1, strides.Row);
            ref var a3 = ref Unsafe.Add(ref a2, strides.Row);
            ref var bi = ref b;
            V s0 = V.Fill(0), s1 = s0, s2 = s0, s3 = s0;
            var at = 0;
            for (var i = 0; i < inner; i++)
            {
                var b0 = V.Load(ref bi);
                s0 = s0.PlusProduct(V.Fill(Unsafe.Add(ref a0, at)), b0);
                s1 = s1.PlusProduct(V.Fill(Unsafe.Add(ref a1, at)), b0);
                s2 = s2.PlusProduct(V.Fill(Unsafe.Add(ref a2, at)), b0);
                s3 = s3.PlusProduct(V.Fill(Unsafe.Add(ref a3, at)), b0);
                at += strides.Inner;
                bi = ref Unsafe.Add(ref bi, bRow);
            }
            ref var to = ref Unsafe.Add(ref c, r * cRow);
            Finish(s0, ref bias, hasBias, ref to, add);
            Finish(s1, ref bias, hasBias, ref Unsafe.Add(ref to, cRow), add);
            Finish(s2, ref bias, hasBias, ref Unsafe.Add(ref to, 2 * cRow), add);
            Finish(s3, ref bias, hasBias, ref Unsafe.Add(ref to, 3 * cRow), add);
        }
        for (; r < rows; r++)
        {
            ref var a0 = ref Unsafe.Add(ref a, r * strides.Row);
            ref var bi = ref b;
            var s = V.Fill(0);
            for (var i = 0; i < inner; i++)
            {
                s = s.PlusProduct(V.Fill(Unsafe.Add(ref a0, i * strides.Inner)), V.Load(ref bi));
                bi = ref Unsafe.Add(ref bi, bRow);
            }
            Finish(s, ref bias, hasBias, ref Unsafe.Add(ref c, r * cRow), add);
        }
    }
}
