namespace ModelZoo.Learning.Merging;

/// <summary>(1 − α) b + α x.</summary>
sealed class InterpolationMerge(double alpha) : TensorMerge
{
    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        for (var e = 0; e < count; e++) result[e] = (1 - alpha) * values[1][e] + alpha * values[0][e];
    }
}
