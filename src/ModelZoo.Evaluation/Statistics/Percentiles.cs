namespace ModelZoo.Evaluation.Statistics;

/// <summary>Percentiles of sorted values.</summary>
public static class Percentiles
{
    /// <summary>LoadGen's: <c>sorted[floor(n·p)]</c>, a value that was measured.</summary>
    public static T LoadGen<T>(ReadOnlySpan<T> sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    /// <summary>Between neighbours, as NumPy's <c>percentile</c> does unless told otherwise.</summary>
    public static double Linear(ReadOnlySpan<double> sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        if (below >= sorted.Length - 1) return sorted[^1];
        var (low, high, part) = (sorted[below], sorted[below + 1], place - below);
        // From the nearer end, so that equal neighbours give exactly their value.
        return part >= 0.5 ? high - (high - low) * (1 - part) : low + (high - low) * part;
    }
}

/// <summary>MLPerf's early stopping: how many queries must pass before a percentile may be believed.</summary>
public static class EarlyStopping
{
    /// <summary>The smallest number of passing queries h, beside <paramref name="overLatency"/> that did not, with BinomCDF(t; h+t, 1−p) ≤ 1−c.</summary>
    public static long MinPassing(long overLatency, double percentile, double confidence = 0.99, double tolerance = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(overLatency);
        if (!(percentile is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(percentile));
        var miss = 1 - percentile + tolerance;
        bool Enough(long passing) => Distributions.Binomial(overLatency, passing + overLatency, miss) <= 1 - confidence;
        var high = 1L;
        while (!Enough(high)) high = checked(high * 2);
        var low = high / 2;
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            if (Enough(middle)) high = middle;
            else low = middle;
        }
        return high;
    }

    /// <summary>True when a run of so many queries, of which so many were too slow, has earned its percentile.</summary>
    public static bool IsSatisfied(long queries, long overLatency, double percentile, double confidence = 0.99) =>
        queries - overLatency >= MinPassing(overLatency, percentile, confidence);
}
