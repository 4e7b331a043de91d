namespace ModelZoo.Evaluation.Statistics;

/// <summary>Tests of two figures that do not share samples.</summary>
public static class UnpairedTests
{
    /// <summary>Two-sided p of z = (a − b)/√(seₐ² + se_b²).</summary>
    public static double Difference(double first, double firstError, double second, double secondError)
    {
        if (first == second) return 1;
        var error = Math.Sqrt(firstError * firstError + secondError * secondError);
        return error == 0 ? 0 : Distributions.NormalTwoSided((first - second) / error);
    }

    /// <summary>One-sided p that the second share is larger than the first, with the pooled error: a canary's errors against the baseline's.</summary>
    public static double SecondShareLarger(long firstHits, long firstCount, long secondHits, long secondCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(firstCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(secondCount, 1);
        var pooled = (firstHits + secondHits) / ((double)firstCount + secondCount);
        var error = Math.Sqrt(pooled * (1 - pooled) * (1.0 / firstCount + 1.0 / secondCount));
        if (error == 0) return 1;
        return Distributions.Normal(-((double)secondHits / secondCount - (double)firstHits / firstCount) / error);
    }
}
