using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Learning.Analyses;

/// <summary>Float64 arithmetic on blocks. Element by element it rounds as a plain loop does; sums run over eight lanes and then in a fixed order, and squares are added unrounded.</summary>
static class WideMath
{
    public static void Scale(double factor, ReadOnlySpan<double> x, Span<double> to)
    {
        var i = 0;
        for (; i + 8 <= x.Length; i += 8) (Vector512.Create(x[i..]) * Vector512.Create(factor)).CopyTo(to[i..]);
        for (; i < x.Length; i++) to[i] = x[i] * factor;
    }

    /// <summary>to += factor·x, rounding the product first.</summary>
    public static void AddScaled(double factor, ReadOnlySpan<double> x, Span<double> to)
    {
        var i = 0;
        for (; i + 8 <= x.Length; i += 8) (Vector512.Create((ReadOnlySpan<double>)to[i..]) + Vector512.Create(x[i..]) * Vector512.Create(factor)).CopyTo(to[i..]);
        for (; i < x.Length; i++) to[i] += x[i] * factor;
    }

    /// <summary>to = Σ factor·x over the rows, one after the other, each product rounded before it is added; with <paramref name="add"/>, the sum goes on from what is there.</summary>
    /// <param name="row">Steps from one row to the next.</param>
    public static void AddRows(ReadOnlySpan<double> factors, ReadOnlySpan<float> rows, int row, bool add, Span<double> to)
    {
        if (factors.Length == 0 || rows.Length < (factors.Length - 1) * row + to.Length) throw new ArgumentException("There are too few rows, or they are too short.", nameof(rows));
        var from = add ? 0 : 1;
        var i = 0;
        ref var x = ref MemoryMarshal.GetReference(rows);
        ref var sum = ref MemoryMarshal.GetReference(to);
        for (; i + 16 <= to.Length; i += 16)
        {
            Vector256<double> a, b, c, d;
            if (add)
            {
                ref var old = ref Unsafe.Add(ref sum, i);
                (a, b, c, d) = (Vector256.LoadUnsafe(ref old), Vector256.LoadUnsafe(ref old, 4), Vector256.LoadUnsafe(ref old, 8), Vector256.LoadUnsafe(ref old, 12));
            }
            else
            {
                ref var first = ref Unsafe.Add(ref x, i);
                var f = Vector256.Create(factors[0]);
                var ((w0, w1), (w2, w3)) = (Vector256.Widen(Vector256.LoadUnsafe(ref first)), Vector256.Widen(Vector256.LoadUnsafe(ref first, 8)));
                (a, b, c, d) = (w0 * f, w1 * f, w2 * f, w3 * f);
            }
            for (var k = from; k < factors.Length; k++)
            {
                ref var next = ref Unsafe.Add(ref x, (nint)k * row + i);
                var f = Vector256.Create(factors[k]);
                var (w0, w1) = Vector256.Widen(Vector256.LoadUnsafe(ref next));
                var (w2, w3) = Vector256.Widen(Vector256.LoadUnsafe(ref next, 8));
                a += w0 * f;
                b += w1 * f;
                c += w2 * f;
                d += w3 * f;
            }
            ref var at = ref Unsafe.Add(ref sum, i);
            a.StoreUnsafe(ref at);
            b.StoreUnsafe(ref at, 4);
            c.StoreUnsafe(ref at, 8);
            d.StoreUnsafe(ref at, 12);
        }
        for (; i < to.Length; i++)
        {
            var each = add ? to[i] : rows[i] * factors[0];
            for (var k = from; k < factors.Length; k++) each += rows[k * row + i] * factors[k];
            to[i] = each;
        }
    }

    public static void Divide(Span<double> x, double divisor)
    {
        // By a power of two, the product with its inverse is the quotient to the bit (subnormal quotients round alike), and five times as fast.
        if (Math.Abs(divisor) is >= 1 and <= 1 << 30 && double.IsPow2(Math.Abs(divisor)))
        {
            Scale(1 / divisor, x, x);
            return;
        }
        var i = 0;
        for (; i + 8 <= x.Length; i += 8) (Vector512.Create((ReadOnlySpan<double>)x[i..]) / Vector512.Create(divisor)).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] /= divisor;
    }

    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var lanes = Vector512<double>.Zero;
        var i = 0;
        for (; i + 8 <= x.Length; i += 8) lanes += Vector512.Create(x[i..]) * Vector512.Create(y[i..]);
        var sum = Vector512.Sum(lanes);
        for (; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }

    /// <summary>Σ (x − y)²: from differences, because near-equal models lose all digits otherwise.</summary>
    public static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var lanes = Vector512<double>.Zero;
        var i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            var d = Vector512.Create(x[i..]) - Vector512.Create(y[i..]);
            lanes = Vector512.FusedMultiplyAdd(d, d, lanes);
        }
        var sum = Vector512.Sum(lanes);
        for (; i < x.Length; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
        return sum;
    }
}
