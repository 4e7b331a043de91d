using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Merging;

/// <summary>
/// The mean on the sphere. All iterates are combinations of the inputs, so that the iteration needs only their inner products and one pass over them.
/// </summary>
sealed class KarcherMerge(double[] weights, int maxIterations, double tolerance) : TensorMerge
{
    double[] _coefficients = [];

    public override (double[] Factors, double Divisor)? Coefficients => (_coefficients, 1);

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
