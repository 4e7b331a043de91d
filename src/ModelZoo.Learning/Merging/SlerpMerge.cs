namespace ModelZoo.Learning.Merging;

/// <summary>Spherical interpolation; linear where the two point nearly the same way.</summary>
sealed class SlerpMerge(double t) : TensorMerge
{
    const double NearlyParallel = 0.9995;
    const double SmallestNorm = 1e-8;

    double _first;
    double _second;

    public override (double[] Factors, double Divisor)? Coefficients => ([_first, _second], 1);

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
