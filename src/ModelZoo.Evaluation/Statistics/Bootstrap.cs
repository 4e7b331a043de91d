using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Statistics;

/// <summary>A statistic of resampled data: sample i counts <c>weights[i]</c> times. NaN where it is undefined for these weights.</summary>
public delegate double WeightedStatistic(ReadOnlySpan<int> weights);

/// <summary>
/// Resampling with replacement, drawn as lm-evaluation-harness draws: chunks of up to 1,000 resamples, chunk i from <c>random.Random(i).choices</c>,
/// so that its standard errors come out the same.
/// </summary>
public static class Bootstrap
{
    /// <summary>Resamples in one chunk, each of which has its own generator.</summary>
    public const int Chunk = 1000;

    /// <summary>The statistic of every resample in which it is defined, in the order drawn.</summary>
    public static double[] Resample(int count, int iterations, WeightedStatistic statistic, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (iterations <= 0) return [];
        var chunk = Math.Min(Chunk, iterations);
        var chunks = iterations / chunk;
        var results = new double[chunks * chunk];
        var options = new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount };
        // Chunks do not share generators, so they may run side by side and still give the same numbers.
        if (chunks == 1) Run(0);
        else Parallel.For(0, chunks, options, Run);
        return Array.TrueForAll(results, double.IsFinite) ? results : [.. results.Where(double.IsFinite)];

        void Run(int number)
        {
            var random = new PythonRandom(number);
            var weights = new int[count];
            for (var round = 0; round < chunk; round++)
            {
                stop.ThrowIfCancellationRequested();
                Array.Clear(weights);
                for (var draw = 0; draw < weights.Length; draw++) weights[(int)(random.Random() * count)]++;
                results[number * chunk + round] = statistic(weights);
            }
        }
    }

    /// <summary>Standard deviation of the resampled statistic; null when fewer than two resamples are defined.</summary>
    public static double? StandardError(ReadOnlySpan<double> resampled) => resampled.Length < 2 ? null : Uncertainty.SampleDeviation(resampled);

    /// <summary>Of a mean: what lm-evaluation-harness's <c>bootstrap_stderr(mean, values, iterations)</c> returns.</summary>
    public static double? StandardErrorOfMean(double[] values, int iterations) => StandardError(Resample(values.Length, iterations, weights =>
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++) sum += weights[i] * values[i];
        return sum / values.Length;
    }));

    /// <summary>The percentile interval; null when fewer than two resamples are defined.</summary>
    public static Interval? PercentileInterval(ReadOnlySpan<double> resampled, double confidence = 0.95)
    {
        if (resampled.Length < 2) return null;
        var sorted = resampled.ToArray();
        Array.Sort(sorted);
        var tail = (1 - confidence) / 2;
        return new(Percentiles.Linear(sorted, tail), Percentiles.Linear(sorted, 1 - tail));
    }
}
