using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Statistics;

/// <summary>Standard errors and intervals of means and shares.</summary>
public static class Uncertainty
{
    /// <summary>Sample standard deviation over √n; null for fewer than two values.</summary>
    public static double? StandardErrorOfMean(ReadOnlySpan<double> values) =>
        values.Length < 2 ? null : SampleDeviation(values) / Math.Sqrt(values.Length);

    /// <summary>With n − 1 in the denominator.</summary>
    public static double SampleDeviation(ReadOnlySpan<double> values)
    {
        var mean = Mean(values);
        var squares = 0.0;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return Math.Sqrt(squares / (values.Length - 1));
    }

    public static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value;
        return sum / values.Length;
    }

    /// <summary>Mean ± z standard errors.</summary>
    public static Interval Normal(double mean, double standardError, double confidence = 0.95)
    {
        var half = Z(confidence) * standardError;
        return new(mean - half, mean + half);
    }

    /// <summary>E. B. Wilson's score interval (1927).</summary>
    public static Interval Wilson(long successes, long count, double confidence = 0.95)
    {
        Check(successes, count);
        var (z, n) = (Z(confidence), (double)count);
        var share = successes / n;
        var middle = share + z * z / (2 * n);
        var half = z * Math.Sqrt(share * (1 - share) / n + z * z / (4 * n * n));
        var scale = 1 + z * z / n;
        return new(successes == 0 ? 0 : Math.Max(0, (middle - half) / scale), successes == count ? 1 : Math.Min(1, (middle + half) / scale));
    }

    /// <summary>C. Clopper and E. Pearson's interval (1934): never covers less than it says.</summary>
    public static Interval ClopperPearson(long successes, long count, double confidence = 0.95)
    {
        Check(successes, count);
        var tail = (1 - confidence) / 2;
        return new(
            successes == 0 ? 0 : Distributions.BetaQuantile(tail, successes, count - successes + 1),
            successes == count ? 1 : Distributions.BetaQuantile(1 - tail, successes + 1, count - successes));
    }

    /// <summary>The interval to rely on: Clopper and Pearson's where successes or failures number fewer than ten, else Wilson's.</summary>
    public static Interval Proportion(long successes, long count, double confidence = 0.95) =>
        successes < 10 || count - successes < 10 ? ClopperPearson(successes, count, confidence) : Wilson(successes, count, confidence);

    /// <summary>
    /// Error of a mean over groups of samples, from the groups' own errors, as lm-evaluation-harness pools them:
    /// √(Σ (nᵢ−1) nᵢ sᵢ² / (Σnᵢ − k) / Σnᵢ).
    /// </summary>
    public static double? Pooled(IReadOnlyList<(double StandardError, long Count)> groups)
    {
        var (sum, total) = (0.0, 0L);
        foreach (var (error, count) in groups)
        {
            sum += (count - 1.0) * count * error * error;
            total += count;
        }
        return total <= groups.Count ? null : Math.Sqrt(sum / (total - groups.Count) / total);
    }

    static double Z(double confidence) => confidence == 0.95 ? Distributions.Z95 : Distributions.NormalQuantile(0.5 + confidence / 2);

    static void Check(long successes, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, count);
    }
}
