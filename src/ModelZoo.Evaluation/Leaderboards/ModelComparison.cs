using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Leaderboards;

/// <summary>Two models on the samples that both answered.</summary>
/// <param name="Difference">Mean of the second over the first.</param>
/// <param name="OnlyFirst">Samples that only the first got right, where outcomes are right or wrong.</param>
public sealed record ModelComparison(string Test, int Shared, double Difference, Interval? Ci95, double P, int? OnlyFirst, int? OnlySecond)
{
    /// <summary>Exact McNemar for right or wrong; paired bootstrap of the mean for other scores. Null where no sample is shared.</summary>
    public static ModelComparison? Of(IReadOnlyDictionary<string, double> first, IReadOnlyDictionary<string, double> second, int seed = 1234)
    {
        var (a, b) = (new List<double>(), new List<double>());
        // In one order whatever order the samples came in, so that the seed decides alone.
        foreach (var id in first.Keys.Order(StringComparer.Ordinal))
        {
            if (!second.TryGetValue(id, out var other)) continue;
            a.Add(first[id]);
            b.Add(other);
        }
        return a.Count == 0 ? null : Of([.. a], [.. b], seed);
    }

    /// <summary>Both in the same order of samples.</summary>
    public static ModelComparison Of(ReadOnlySpan<double> first, ReadOnlySpan<double> second, int seed = 1234)
    {
        var (binary, onlyFirst, onlySecond, n) = (true, 0, 0, first.Length);
        for (var i = 0; i < n && binary; i++)
        {
            binary = first[i] is 0 or 1 && second[i] is 0 or 1;
            if (first[i] > second[i]) onlyFirst++;
            else if (second[i] > first[i]) onlySecond++;
        }
        if (!binary)
        {
            var drawn = PairedTests.Bootstrap(first, second, seed);
            return new("paired bootstrap", n, drawn.Difference, drawn.Ci95, drawn.P, null, null);
        }
        var (difference, error) = Gap(n, onlyFirst, onlySecond);
        return new("exact McNemar", n, difference, Uncertainty.Normal(difference, error), PairedTests.McNemar(onlyFirst, onlySecond).Exact, onlyFirst, onlySecond);
    }

    /// <summary>d = (c − b)/n and √(b + c − (c − b)²/n)/n.</summary>
    internal static (double Difference, double Error) Gap(long n, long onlyFirst, long onlySecond)
    {
        double gap = onlySecond - onlyFirst;
        return (gap / n, Math.Sqrt(Math.Max(0, onlyFirst + onlySecond - gap * gap / n)) / n);
    }
}
