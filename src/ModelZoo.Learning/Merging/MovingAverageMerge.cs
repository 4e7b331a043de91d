namespace ModelZoo.Learning.Merging;

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
