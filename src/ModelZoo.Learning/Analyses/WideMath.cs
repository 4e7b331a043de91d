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

    public static void Scale(double factor, ReadOnlySpan<float> x, Span<double> to)
    {
        var (i, f) = (0, Vector256.Create(factor));
        for (; i + 8 <= x.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(x[i..]));
            (low * f).CopyTo(to[i..]);
            (high * f).CopyTo(to[(i + 4)..]);
        }
        for (; i < x.Length; i++) to[i] = x[i] * factor;
    }

    /// <summary>to += factor·x, rounding the product first.</summary>
    public static void AddScaled(double factor, ReadOnlySpan<float> x, Span<double> to)
    {
        var (i, f) = (0, Vector256.Create(factor));
        for (; i + 8 <= x.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(x[i..]));
            (Vector256.Create((ReadOnlySpan<double>)to[i..]) + low * f).CopyTo(to[i..]);
            (Vector256.Create((ReadOnlySpan<double>)to[(i + 4)..]) + high * f).CopyTo(to[(i + 4)..]);
        }
        for (; i < x.Length; i++) to[i] += x[i] * factor;
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
