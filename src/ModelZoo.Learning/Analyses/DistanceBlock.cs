using System.Runtime.Intrinsics;
using ModelZoo.Learning.Merging;

namespace ModelZoo.Learning.Analyses;

/// <summary>Some consecutive numbers of all checkpoints, and what they contribute to norms and distances.</summary>
sealed class DistanceBlock
{
    readonly double[][] _rows;
    readonly double[] _norms;
    readonly double[] _squares;
    readonly WideReader _reader = new();

    public DistanceBlock(int checkpoints, int size)
    {
        _rows = new double[checkpoints][];
        for (var i = 0; i < checkpoints; i++) _rows[i] = new double[size];
        (_norms, _squares) = (new double[checkpoints], new double[checkpoints * (checkpoints - 1) / 2]);
    }

    public async ValueTask ComputeAsync(IReadOnlyList<Checkpoint> checkpoints, long first, CancellationToken stop)
    {
        var (n, count) = (checkpoints.Count, (int)Math.Min(_rows[0].Length, checkpoints[0].Count - first));
        for (var i = 0; i < n; i++) await checkpoints[i].ReadAsync(first, _rows[i].AsMemory(0, count), _reader, stop);
        // Two rows at a time against those before them, four or two together, so that each number that is loaded serves several pairs.
        var even = n & ~1;
        for (var i = 0; i < even; i += 2)
        {
            Corner(i, count);
            for (var j = 0; j + 4 <= i; j += 4) Tile(i, j, count);
            if (i % 4 == 2) Square(i, i - 2, count);
        }
        if (even == n) return;
        var last = _rows[even].AsSpan(0, count);
        _norms[even] = WideMath.Dot(last, last);
        for (var j = 0; j < even; j++) _squares[DistanceTable.Pair(even, j)] = WideMath.SquaredDistance(last, _rows[j].AsSpan(0, count));
    }

    public void AddTo(double[] norms, double[] squares)
    {
        for (var i = 0; i < norms.Length; i++) norms[i] += _norms[i];
        for (var i = 0; i < squares.Length; i++) squares[i] += _squares[i];
    }

    /// <summary>Σ (x − y)² of rows i, i + 1 with rows j to j + 3, each over the lanes and in the order of <see cref="WideMath.SquaredDistance"/>.</summary>
    void Tile(int i, int j, int count)
    {
        ReadOnlySpan<double> x0 = _rows[i].AsSpan(0, count), x1 = _rows[i + 1].AsSpan(0, count);
        ReadOnlySpan<double> y0 = _rows[j].AsSpan(0, count), y1 = _rows[j + 1].AsSpan(0, count), y2 = _rows[j + 2].AsSpan(0, count), y3 = _rows[j + 3].AsSpan(0, count);
        Vector512<double> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        var e = 0;
        for (; e + 8 <= count; e += 8)
        {
            var (p, q) = (Vector512.Create(x0[e..]), Vector512.Create(x1[e..]));
            Vector512<double> y = Vector512.Create(y0[e..]), d = p - y, f = q - y;
            (a0, b0) = (Vector512.FusedMultiplyAdd(d, d, a0), Vector512.FusedMultiplyAdd(f, f, b0));
            y = Vector512.Create(y1[e..]);
            (d, f) = (p - y, q - y);
            (a1, b1) = (Vector512.FusedMultiplyAdd(d, d, a1), Vector512.FusedMultiplyAdd(f, f, b1));
            y = Vector512.Create(y2[e..]);
            (d, f) = (p - y, q - y);
            (a2, b2) = (Vector512.FusedMultiplyAdd(d, d, a2), Vector512.FusedMultiplyAdd(f, f, b2));
            y = Vector512.Create(y3[e..]);
            (d, f) = (p - y, q - y);
            (a3, b3) = (Vector512.FusedMultiplyAdd(d, d, a3), Vector512.FusedMultiplyAdd(f, f, b3));
        }
        Keep(i, j, a0, x0, y0, e);
        Keep(i, j + 1, a1, x0, y1, e);
        Keep(i, j + 2, a2, x0, y2, e);
        Keep(i, j + 3, a3, x0, y3, e);
        Keep(i + 1, j, b0, x1, y0, e);
        Keep(i + 1, j + 1, b1, x1, y1, e);
        Keep(i + 1, j + 2, b2, x1, y2, e);
        Keep(i + 1, j + 3, b3, x1, y3, e);
    }

    /// <summary>The same of rows i, i + 1 with rows j, j + 1.</summary>
    void Square(int i, int j, int count)
    {
        ReadOnlySpan<double> x0 = _rows[i].AsSpan(0, count), x1 = _rows[i + 1].AsSpan(0, count), y0 = _rows[j].AsSpan(0, count), y1 = _rows[j + 1].AsSpan(0, count);
        Vector512<double> a0 = default, a1 = default, b0 = default, b1 = default;
        var e = 0;
        for (; e + 8 <= count; e += 8)
        {
            Vector512<double> p = Vector512.Create(x0[e..]), q = Vector512.Create(x1[e..]), y = Vector512.Create(y0[e..]), z = Vector512.Create(y1[e..]);
            Vector512<double> d = p - y, f = q - y, g = p - z, h = q - z;
            (a0, b0) = (Vector512.FusedMultiplyAdd(d, d, a0), Vector512.FusedMultiplyAdd(f, f, b0));
            (a1, b1) = (Vector512.FusedMultiplyAdd(g, g, a1), Vector512.FusedMultiplyAdd(h, h, b1));
        }
        Keep(i, j, a0, x0, y0, e);
        Keep(i, j + 1, a1, x0, y1, e);
        Keep(i + 1, j, b0, x1, y0, e);
        Keep(i + 1, j + 1, b1, x1, y1, e);
    }

    /// <summary>Of rows i and i + 1 their distance and both norms, these as <see cref="WideMath.Dot"/> adds them.</summary>
    void Corner(int i, int count)
    {
        ReadOnlySpan<double> x = _rows[i].AsSpan(0, count), y = _rows[i + 1].AsSpan(0, count);
        Vector512<double> xs = default, ys = default, squares = default;
        var e = 0;
        for (; e + 8 <= count; e += 8)
        {
            var (p, q) = (Vector512.Create(x[e..]), Vector512.Create(y[e..]));
            xs += p * p;
            ys += q * q;
            var d = p - q;
            squares = Vector512.FusedMultiplyAdd(d, d, squares);
        }
        Keep(i + 1, i, squares, y, x, e);
        var (first, second) = (Vector512.Sum(xs), Vector512.Sum(ys));
        for (; e < count; e++)
        {
            first += x[e] * x[e];
            second += y[e] * y[e];
        }
        (_norms[i], _norms[i + 1]) = (first, second);
    }

    void Keep(int i, int j, Vector512<double> lanes, ReadOnlySpan<double> x, ReadOnlySpan<double> y, int from)
    {
        var sum = Vector512.Sum(lanes);
        for (var e = from; e < x.Length; e++) sum += (x[e] - y[e]) * (x[e] - y[e]);
        _squares[DistanceTable.Pair(i, j)] = sum;
    }
}
