namespace ModelZoo.Learning.Merging;

/// <summary>b + λ · something made of thinned differences: their weighted sum, or the weighted mean of those that agree with the elected sign.</summary>
sealed class DifferenceMerge(double[] weights, Thinning[] thinnings, double lambda, bool elect, bool normalize) : TensorMerge
{
    public override async ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop)
    {
        for (var i = 0; i < thinnings.Length; i++) await thinnings[i].PrepareAsync(blocks, i, thinnings.Length, stop);
    }

    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        var n = weights.Length;
        var b = values[n];
        var total = weights.Sum();
        Span<double> parts = n <= 256 ? stackalloc double[n] : new double[n];
        for (var e = 0; e < count; e++)
        {
            var sum = 0.0;
            for (var i = 0; i < n; i++) sum += parts[i] = weights[i] * thinnings[i].Apply(first + e, values[i][e] - b[e]);
            if (elect) sum = Elected(parts, sum >= 0 ? 1 : -1);
            else if (normalize) sum /= total;
            result[e] = b[e] + lambda * sum;
        }
    }

    double Elected(ReadOnlySpan<double> parts, int sign)
    {
        double sum = 0, weight = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            if (Math.Sign(parts[i]) != sign) continue;
            sum += parts[i];
            weight += weights[i];
        }
        return normalize && weight != 0 ? sum / weight : sum;
    }

    public override void Release()
    {
        foreach (var thinning in thinnings) thinning.Release();
    }
}
