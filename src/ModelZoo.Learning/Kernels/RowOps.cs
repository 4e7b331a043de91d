using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Learning.Kernels;

/// <summary>Work on the rows of a matrix: normalisation, softmax, sums. Sums run over eight lanes and then in a fixed order.</summary>
static class RowOps
{
    /// <summary>y = (x − mean)/√(variance + ε)·weight + bias for each row, with the biased variance.</summary>
    /// <param name="normal">[rows, width]: (x − mean)/√(variance + ε), which the backward pass needs.</param>
    /// <param name="inverse">[rows]: 1/√(variance + ε).</param>
    public static void LayerNorm(int rows, int width, float epsilon, ReadOnlySpan<float> x, int xRow, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, Span<float> normal, Span<float> inverse, Span<float> y)
    {
        for (var r = 0; r < rows; r++)
        {
            var from = x.Slice(r * xRow, width);
            var hat = normal.Slice(r * width, width);
            var to = y.Slice(r * width, width);
            var mean = Sum(from) / width;
            Subtract(from, mean, hat);
            var scale = 1 / MathF.Sqrt(Dot(hat, hat) / width + epsilon);
            inverse[r] = scale;
            ref var h = ref MemoryMarshal.GetReference(hat);
            var i = 0;
            for (; i + 8 <= width; i += 8)
            {
                var v = Vector256.LoadUnsafe(ref Unsafe.Add(ref h, i)) * Vector256.Create(scale);
                v.StoreUnsafe(ref Unsafe.Add(ref h, i));
                Vector256.FusedMultiplyAdd(v, Vector256.Create(weight[i..]), Vector256.Create(bias[i..])).CopyTo(to[i..]);
            }
            for (; i < width; i++)
            {
                hat[i] *= scale;
                to[i] = MathF.FusedMultiplyAdd(hat[i], weight[i], bias[i]);
            }
        }
    }

    /// <summary>Adds the gradient with respect to x into <paramref name="dx"/>, and those of weight and bias into theirs.</summary>
    public static void LayerNormBackward(int rows, int width, ReadOnlySpan<float> dy, ReadOnlySpan<float> normal, ReadOnlySpan<float> inverse, ReadOnlySpan<float> weight, Span<float> dWeight, Span<float> dBias, Span<float> dx, int dxRow)
    {
        Span<float> scaled = width <= 1024 ? stackalloc float[width] : new float[width];
        for (var r = 0; r < rows; r++)
        {
            var d = dy.Slice(r * width, width);
            var hat = normal.Slice(r * width, width);
            var to = dx.Slice(r * dxRow, width);
            var i = 0;
            for (; i + 8 <= width; i += 8)
            {
                var slope = Vector256.Create(d[i..]);
                Vector256.FusedMultiplyAdd(slope, Vector256.Create(hat[i..]), Vector256.Create((ReadOnlySpan<float>)dWeight[i..])).CopyTo(dWeight[i..]);
                (Vector256.Create((ReadOnlySpan<float>)dBias[i..]) + slope).CopyTo(dBias[i..]);
                (slope * Vector256.Create(weight[i..])).CopyTo(scaled[i..]);
            }
            for (; i < width; i++)
            {
                dWeight[i] = MathF.FusedMultiplyAdd(d[i], hat[i], dWeight[i]);
                dBias[i] += d[i];
                scaled[i] = d[i] * weight[i];
            }
            var mean = Sum(scaled) / width;
            var along = Dot(scaled, hat) / width;
            i = 0;
            for (; i + 8 <= width; i += 8)
            {
                var inner = Vector256.FusedMultiplyAdd(Vector256.Create(hat[i..]), Vector256.Create(-along), Vector256.Create((ReadOnlySpan<float>)scaled[i..]) - Vector256.Create(mean));
                Vector256.FusedMultiplyAdd(inner, Vector256.Create(inverse[r]), Vector256.Create((ReadOnlySpan<float>)to[i..])).CopyTo(to[i..]);
            }
            for (; i < width; i++) to[i] = MathF.FusedMultiplyAdd(MathF.FusedMultiplyAdd(hat[i], -along, scaled[i] - mean), inverse[r], to[i]);
        }
    }

    /// <summary>
    /// Softmax of the first <paramref name="width"/> numbers of each row times <paramref name="scale"/>; what lies behind them becomes zero.
    /// </summary>
    /// <param name="stride">A multiple of eight.</param>
    public static void Softmax(int rows, int width, int stride, float scale, Span<float> values)
    {
        for (var r = 0; r < rows; r++)
        {
            var row = values.Slice(r * stride, stride);
            row[width..].Fill(float.NegativeInfinity);
            var top = Vector256.Create(float.NegativeInfinity);
            for (var i = 0; i < stride; i += 8) top = Vector256.MaxNative(top, Vector256.Create((ReadOnlySpan<float>)row[i..]));
            var shift = Vector256.Create(VectorMath.Max(top) * scale);
            var sum = Vector256<float>.Zero;
            for (var i = 0; i < stride; i += 8)
            {
                var e = VectorMath.Exp(Vector256.Create((ReadOnlySpan<float>)row[i..]) * Vector256.Create(scale) - shift);
                e.CopyTo(row[i..]);
                sum += e;
            }
            var inverse = Vector256.Create(1 / VectorMath.Sum(sum));
            for (var i = 0; i < stride; i += 8) (Vector256.Create((ReadOnlySpan<float>)row[i..]) * inverse).CopyTo(row[i..]);
            row[width..].Clear();
        }
    }

    /// <summary>Turns the gradient of a softmax's output into that of its unscaled input, in place; both have zeros behind the width.</summary>
    public static void SoftmaxBackward(int rows, int stride, float scale, ReadOnlySpan<float> output, Span<float> gradient)
    {
        for (var r = 0; r < rows; r++)
        {
            var p = output.Slice(r * stride, stride);
            var g = gradient.Slice(r * stride, stride);
            var sum = Vector256<float>.Zero;
            for (var i = 0; i < stride; i += 8) sum = Vector256.FusedMultiplyAdd(Vector256.Create(p[i..]), Vector256.Create((ReadOnlySpan<float>)g[i..]), sum);
            var along = Vector256.Create(VectorMath.Sum(sum));
            for (var i = 0; i < stride; i += 8) (Vector256.Create(p[i..]) * (Vector256.Create((ReadOnlySpan<float>)g[i..]) - along) * Vector256.Create(scale)).CopyTo(g[i..]);
        }
    }

    /// <summary>sums[n] += Σ over rows, one row after the other.</summary>
    /// <param name="row">Steps from one row to the next.</param>
    public static void AddColumnSums(int rows, int width, ReadOnlySpan<float> values, int row, Span<float> sums)
    {
        var n = 0;
        for (; n + 32 <= width; n += 32)
        {
            ReadOnlySpan<float> to = sums.Slice(n, 32);
            Vector256<float> a = Vector256.Create(to), b = Vector256.Create(to[8..]), c = Vector256.Create(to[16..]), d = Vector256.Create(to[24..]);
            for (var r = 0; r < rows; r++)
            {
                var from = values.Slice(r * row + n, 32);
                (a, b, c, d) = (a + Vector256.Create(from), b + Vector256.Create(from[8..]), c + Vector256.Create(from[16..]), d + Vector256.Create(from[24..]));
            }
            a.CopyTo(sums[n..]);
            b.CopyTo(sums[(n + 8)..]);
            c.CopyTo(sums[(n + 16)..]);
            d.CopyTo(sums[(n + 24)..]);
        }
        if (n == width) return;
        for (var r = 0; r < rows; r++) Add(values.Slice(r * row + n, width - n), sums[n..]);
    }

    public static void Add(ReadOnlySpan<float> values, Span<float> to)
    {
        var i = 0;
        for (; i + 8 <= values.Length; i += 8) (Vector256.Create((ReadOnlySpan<float>)to[i..]) + Vector256.Create(values[i..])).CopyTo(to[i..]);
        for (; i < values.Length; i++) to[i] += values[i];
    }

    public static void Multiply(ReadOnlySpan<float> values, Span<float> by)
    {
        var i = 0;
        for (; i + 8 <= values.Length; i += 8) (Vector256.Create((ReadOnlySpan<float>)by[i..]) * Vector256.Create(values[i..])).CopyTo(by[i..]);
        for (; i < values.Length; i++) by[i] *= values[i];
    }

    /// <summary>to[c, r] = from[r, c].</summary>
    public static void Transpose(int rows, int columns, ReadOnlySpan<float> from, int fromRow, Span<float> to, int toRow)
    {
        for (var r = 0; r < rows; r++)
        {
            var row = from.Slice(r * fromRow, columns);
            for (var c = 0; c < row.Length; c++) to[c * toRow + r] = row[c];
        }
    }

    static float Sum(ReadOnlySpan<float> values)
    {
        var lanes = Vector256<float>.Zero;
        var i = 0;
        for (; i + 8 <= values.Length; i += 8) lanes += Vector256.Create(values[i..]);
        var sum = VectorMath.Sum(lanes);
        for (; i < values.Length; i++) sum += values[i];
        return sum;
    }

    static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var lanes = Vector256<float>.Zero;
        var i = 0;
        for (; i + 8 <= a.Length; i += 8) lanes = Vector256.FusedMultiplyAdd(Vector256.Create(a[i..]), Vector256.Create(b[i..]), lanes);
        var sum = VectorMath.Sum(lanes);
        for (; i < a.Length; i++) sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
        return sum;
    }

    static void Subtract(ReadOnlySpan<float> values, float number, Span<float> to)
    {
        var i = 0;
        for (; i + 8 <= values.Length; i += 8) (Vector256.Create(values[i..]) - Vector256.Create(number)).CopyTo(to[i..]);
        for (; i < values.Length; i++) to[i] = values[i] - number;
    }
}
