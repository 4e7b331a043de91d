using System.Numerics;
using System.Runtime.InteropServices;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Products of vectors of one length.</summary>
static class VectorMath
{
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length) throw new EvaluationException("Vectors have different lengths.");
        var x = MemoryMarshal.Cast<float, Vector<float>>(a);
        var y = MemoryMarshal.Cast<float, Vector<float>>(b);
        var lanes = Vector<float>.Zero;
        for (var i = 0; i < x.Length; i++) lanes += x[i] * y[i];
        double sum = Vector.Sum(lanes);
        for (var i = x.Length * Vector<float>.Count; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }

    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var x = MemoryMarshal.Cast<double, Vector<double>>(a);
        var y = MemoryMarshal.Cast<double, Vector<double>>(b);
        var lanes = Vector<double>.Zero;
        for (var i = 0; i < x.Length; i++) lanes += x[i] * y[i];
        var sum = Vector.Sum(lanes);
        for (var i = x.Length * Vector<double>.Count; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>a += scale · b.</summary>
    public static void Add(Span<double> a, double scale, ReadOnlySpan<double> b)
    {
        var x = MemoryMarshal.Cast<double, Vector<double>>(a);
        var y = MemoryMarshal.Cast<double, Vector<double>>(b);
        for (var i = 0; i < x.Length; i++) x[i] += scale * y[i];
        for (var i = x.Length * Vector<double>.Count; i < a.Length; i++) a[i] += scale * b[i];
    }
}
