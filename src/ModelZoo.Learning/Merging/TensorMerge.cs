using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Merging;

/// <summary>
/// Merges one tensor: first looks at all of it as often as it needs, then makes the result block by block. Nothing of the tensor's size is kept.
/// </summary>
abstract class TensorMerge
{
    /// <summary>Reads what the combination depends on. Row i of the blocks is input i; the base, if any, comes last.</summary>
    public virtual ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop) => ValueTask.CompletedTask;

    /// <param name="first">Index of the block's first element.</param>
    public abstract void Combine(long first, int count, double[][] values, Span<double> result);

    /// <summary>Forgets what was prepared, once the last block is made.</summary>
    public virtual void Release() { }
}

/// <summary>Σ c_i x_i with coefficients known beforehand, in the order of the inputs, then divided.</summary>
sealed class LinearMerge(double[] coefficients, double divisor) : TensorMerge
{
    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        WideMath.Scale(coefficients[0], values[0].AsSpan(0, count), result);
        for (var i = 1; i < coefficients.Length; i++) WideMath.AddScaled(coefficients[i], values[i].AsSpan(0, count), result);
        if (divisor != 1) WideMath.Divide(result[..count], divisor);
    }
}

/// <summary>e ← β e + (1 − β) x.</summary>
sealed class MovingAverageMerge(double beta) : TensorMerge
{
    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        values[0].AsSpan(0, count).CopyTo(result);
        for (var i = 1; i < values.Length; i++)
            for (var e = 0; e < count; e++) result[e] = beta * result[e] + (1 - beta) * values[i][e];
    }
}

/// <summary>(1 − α) b + α x.</summary>
sealed class InterpolationMerge(double alpha) : TensorMerge
{
    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        for (var e = 0; e < count; e++) result[e] = (1 - alpha) * values[1][e] + alpha * values[0][e];
    }
}

/// <summary>Spherical interpolation; linear where the two point nearly the same way.</summary>
sealed class SlerpMerge(double t) : TensorMerge
{
    const double NearlyParallel = 0.9995;
    const double SmallestNorm = 1e-8;

    double _first;
    double _second;

    public override async ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop)
    {
        double n0 = 0, n1 = 0, dot = 0;
        await blocks.VisitAsync((_, count) =>
        {
            for (var e = 0; e < count; e++)
            {
                var (a, b) = (blocks.Values[0][e], blocks.Values[1][e]);
                n0 += a * a;
                n1 += b * b;
                dot += a * b;
            }
        }, stop);
        (n0, n1) = (Math.Sqrt(n0), Math.Sqrt(n1));
        var cosine = Math.Clamp(dot / (n0 > SmallestNorm ? n0 : 1) / (n1 > SmallestNorm ? n1 : 1), -1, 1);
        var angle = Math.Acos(cosine);
        var isLinear = Math.Abs(cosine) > NearlyParallel;
        _first = isLinear ? 1 - t : Math.Sin((1 - t) * angle) / Math.Sin(angle);
        _second = isLinear ? t : Math.Sin(t * angle) / Math.Sin(angle);
    }

    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        for (var e = 0; e < count; e++) result[e] = _first * values[0][e] + _second * values[1][e];
    }
}

/// <summary>b + t·mean δ, t from the mean cosine between differences; for each row where asked.</summary>
sealed class ModelStockMerge(int inputs, long rowElements) : TensorMerge
{
    double[] _parts = [];

    public override async ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop)
    {
        var rows = (int)(blocks.Elements / rowElements);
        _parts = new double[rows];
        var products = new double[inputs * inputs];
        var row = 0;
        long inRow = 0;
        await blocks.VisitAsync((_, count) =>
        {
            var b = blocks.Values[inputs];
            for (var from = 0; from < count;)
            {
                var until = (int)Math.Min(count, from + rowElements - inRow);
                for (var i = 0; i < inputs; i++)
                for (var j = i; j < inputs; j++)
                {
                    var sum = products[i * inputs + j];
                    for (var e = from; e < until; e++) sum += (blocks.Values[i][e] - b[e]) * (blocks.Values[j][e] - b[e]);
                    products[i * inputs + j] = sum;
                }
                inRow += until - from;
                from = until;
                if (inRow < rowElements) continue;
                _parts[row++] = Part(products);
                Array.Clear(products);
                inRow = 0;
            }
        }, stop);
    }

    double Part(double[] products)
    {
        var sum = 0.0;
        for (var i = 0; i < inputs; i++)
            for (var j = i + 1; j < inputs; j++)
            {
                var norms = Math.Sqrt(products[i * inputs + i]) * Math.Sqrt(products[j * inputs + j]);
                sum += norms > 0 ? products[i * inputs + j] / norms : 0;
            }
        var cosine = sum / (inputs * (inputs - 1) / 2.0);
        var below = 1 + (inputs - 1) * cosine;
        return below != 0 ? inputs * cosine / below : 0;
    }

    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        var b = values[inputs];
        for (var e = 0; e < count; e++)
        {
            var sum = 0.0;
            for (var i = 0; i < inputs; i++) sum += values[i][e] - b[e];
            result[e] = b[e] + _parts[(first + e) / rowElements] * (sum / inputs);
        }
    }
}

/// <summary>
/// The mean on the sphere. All iterates are combinations of the inputs, so that the iteration needs only their inner products and one pass over them.
/// </summary>
sealed class KarcherMerge(double[] weights, int maxIterations, double tolerance) : TensorMerge
{
    double[] _coefficients = [];

    public override async ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop)
    {
        var n = weights.Length;
        var products = new double[n, n];
        await blocks.VisitAsync((_, count) =>
        {
            for (var i = 0; i < n; i++)
                for (var j = i; j < n; j++) products[i, j] += WideMath.Dot(blocks.Values[i].AsSpan(0, count), blocks.Values[j].AsSpan(0, count));
        }, stop);
        var norms = Enumerable.Range(0, n).Select(i => Math.Sqrt(products[i, i])).ToArray();
        _coefficients = new double[n];
        if (norms.All(norm => norm == 0)) return;
        var cosine = new double[n, n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) cosine[i, j] = norms[i] > 0 && norms[j] > 0 ? products[Math.Min(i, j), Math.Max(i, j)] / (norms[i] * norms[j]) : 0;
        var share = weights.Select((weight, i) => norms[i] > 0 ? weight : 0).ToArray();
        var total = share.Sum();
        if (total == 0) throw new MergeException("The weights sum to zero.");
        for (var i = 0; i < n; i++) share[i] /= total;
        var mean = Iterate(share, cosine);
        var scale = Enumerable.Range(0, n).Sum(i => share[i] * norms[i]);
        for (var i = 0; i < n; i++) _coefficients[i] = norms[i] > 0 ? scale * mean[i] / norms[i] : 0;
    }

    double[] Iterate(double[] share, double[,] cosine)
    {
        var n = share.Length;
        var mean = Normalised([.. share], cosine);
        for (var round = 0; round < maxIterations; round++)
        {
            var step = new double[n];
            for (var i = 0; i < n; i++)
            {
                if (share[i] == 0) continue;
                var along = 0.0;
                for (var j = 0; j < n; j++) along += mean[j] * cosine[j, i];
                along = Math.Clamp(along, -1, 1);
                var angle = Math.Acos(along);
                if (angle < 1e-15) continue;
                var factor = share[i] * angle / Math.Sin(angle);
                step[i] += factor;
                for (var j = 0; j < n; j++) step[j] -= factor * along * mean[j];
            }
            var length = Length(step, cosine);
            if (!(length > tolerance)) break;
            for (var j = 0; j < n; j++) mean[j] = Math.Cos(length) * mean[j] + Math.Sin(length) * step[j] / length;
            mean = Normalised(mean, cosine);
        }
        return mean;
    }

    static double[] Normalised(double[] combination, double[,] cosine)
    {
        var length = Length(combination, cosine);
        if (length < 1e-12) throw new MergeException("The inputs point in opposite directions; they have no mean on the sphere.");
        for (var i = 0; i < combination.Length; i++) combination[i] /= length;
        return combination;
    }

    static double Length(double[] combination, double[,] cosine)
    {
        var sum = 0.0;
        for (var i = 0; i < combination.Length; i++)
            for (var j = 0; j < combination.Length; j++) sum += combination[i] * combination[j] * cosine[i, j];
        return Math.Sqrt(Math.Max(0, sum));
    }

    public override void Combine(long first, int count, double[][] values, Span<double> result) => new LinearMerge(_coefficients, 1).Combine(first, count, values, result);
}
