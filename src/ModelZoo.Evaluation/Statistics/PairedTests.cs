using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Statistics;

/// <param name="Exact">Two-sided p of the exact test.</param>
/// <param name="ChiSquared">With continuity correction.</param>
public sealed record McNemarResult(double Exact, double ChiSquared, double ChiSquaredP);

public sealed record StudentResult(double T, double P, double MeanDifference);

/// <param name="Difference">Of the second over the first.</param>
/// <param name="P">Two-sided; never 0, since so few resamples could not tell.</param>
public sealed record BootstrapResult(double Difference, Interval Ci95, double P);

/// <summary>Tests of two models on the same samples.</summary>
public static class PairedTests
{
    public const int Resamples = 10_000;

    /// <param name="onlyFirst">Samples that only the first model got right.</param>
    /// <param name="onlySecond">Samples that only the second got right.</param>
    public static McNemarResult McNemar(long onlyFirst, long onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        var n = onlyFirst + onlySecond;
        if (n == 0) return new(1, 0, 1);
        var exact = Math.Min(1, 2 * Distributions.Binomial(Math.Min(onlyFirst, onlySecond), n, 0.5));
        var apart = Math.Max(0, Math.Abs(onlyFirst - onlySecond) - 1.0);
        var chi = apart * apart / n;
        return new(exact, chi, Distributions.ChiSquaredSurvival(chi));
    }

    /// <summary>Student's paired test; null where it is not to be used: fewer than two values, or differences that do not vary.</summary>
    /// <remarks>Callers that decide by it want 30 samples or more.</remarks>
    public static StudentResult? Student(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var differences = Differences(second, first);
        if (differences.Length < 2) return null;
        var mean = Uncertainty.Mean(differences);
        var error = Uncertainty.StandardErrorOfMean(differences)!.Value;
        if (error == 0) return null;
        var t = mean / error;
        return new(t, Distributions.StudentTwoSided(t, differences.Length - 1), mean);
    }

    /// <summary>Paired bootstrap of the difference of means, second over first.</summary>
    public static BootstrapResult Bootstrap(ReadOnlySpan<double> first, ReadOnlySpan<double> second, int seed, int resamples = Resamples, CancellationToken stop = default)
    {
        var differences = Differences(second, first);
        if (differences.Length == 0) throw new EvaluationException("There are no samples to compare.");
        var random = new PythonRandom(seed);
        var drawn = new double[resamples];
        for (var round = 0; round < resamples; round++)
        {
            if ((round & 63) == 0) stop.ThrowIfCancellationRequested();
            var sum = 0.0;
            for (var i = 0; i < differences.Length; i++) sum += differences[(int)(random.Random() * differences.Length)];
            drawn[round] = sum / differences.Length;
        }
        return Judge(Uncertainty.Mean(differences), drawn);
    }

    /// <summary>Paired bootstrap of a metric that exists only for all samples together: the difference as a weighted statistic.</summary>
    public static BootstrapResult Bootstrap(int count, WeightedStatistic difference, int seed, int resamples = Resamples, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var random = new PythonRandom(seed);
        var weights = new int[count];
        Array.Fill(weights, 1);
        var whole = difference(weights);
        var drawn = new List<double>(resamples);
        for (var round = 0; round < resamples; round++)
        {
            stop.ThrowIfCancellationRequested();
            Array.Clear(weights);
            for (var i = 0; i < count; i++) weights[(int)(random.Random() * count)]++;
            var value = difference(weights);
            if (double.IsFinite(value)) drawn.Add(value);
        }
        return Judge(whole, [.. drawn]);
    }

    static BootstrapResult Judge(double difference, double[] drawn)
    {
        if (!double.IsFinite(difference) || drawn.Length < 2) throw new EvaluationException("The difference is undefined on these samples.");
        var (atMost, atLeast) = (0, 0);
        foreach (var value in drawn)
        {
            if (value <= 0) atMost++;
            if (value >= 0) atLeast++;
        }
        var p = Math.Min(1, 2.0 * (Math.Min(atMost, atLeast) + 1) / (drawn.Length + 1));
        return new(difference, Statistics.Bootstrap.PercentileInterval(drawn)!, p);
    }

    static double[] Differences(ReadOnlySpan<double> of, ReadOnlySpan<double> over)
    {
        if (of.Length != over.Length) throw new ArgumentException("Paired tests need the same samples on both sides.");
        var differences = new double[of.Length];
        for (var i = 0; i < of.Length; i++)
        {
            if (!double.IsFinite(of[i]) || !double.IsFinite(over[i])) throw new EvaluationException($"Sample {i} is not a finite number.");
            differences[i] = of[i] - over[i];
        }
        return differences;
    }
}
