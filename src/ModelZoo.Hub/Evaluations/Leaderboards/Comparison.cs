using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>Whether one score is really better than another, and how that was found.</summary>
/// <param name="Method">mcnemar, bootstrap, z or none.</param>
/// <param name="Difference">First minus second.</param>
/// <param name="P">Two-sided; null where nothing can be said.</param>
/// <param name="Shared">Samples that both have.</param>
sealed record Comparison(BoardEntry First, BoardEntry Second, string Method, double Difference, double? P, int Shared)
{
    public const double Level = 0.05;

    public bool IsSignificant => P < Level;

    public double? Low { get; init; }
    public double? High { get; init; }

    /// <summary>Samples that only the first has right, and only the second; for right-or-wrong metrics.</summary>
    public (int First, int Second)? Discordant { get; init; }

    public string? Reason { get; init; }
}

/// <summary>Compares two scores of one board: on the samples that both have, else by their standard errors.</summary>
sealed class Comparisons(SampleScores samples)
{
    const int Seed = 1234;
    const int LeastShared = 10;

    /// <summary>Above so many shared samples the bootstrap draws fewer times, so that a page still answers.</summary>
    const long MostDraws = 40_000_000;

    public async Task<Comparison> CompareAsync(Board board, BoardEntry first, BoardEntry second, CancellationToken stop)
    {
        var difference = first.Value - second.Value;
        if (await samples.FindAsync(first.Model.Repository, first.Score, board.Metric.Name, stop) is { } one && await samples.FindAsync(second.Model.Repository, second.Score, board.Metric.Name, stop) is { } other)
        {
            var ids = one.ById.Keys.Where(other.ById.ContainsKey).Order(StringComparer.Ordinal).ToArray();
            if (ids.Length >= LeastShared) return Paired(first, second, difference, [.. ids.Select(id => one.ById[id])], [.. ids.Select(id => other.ById[id])], stop);
        }
        return ByErrors(board, first, second);
    }

    static Comparison Paired(BoardEntry first, BoardEntry second, double difference, double[] a, double[] b, CancellationToken stop)
    {
        var resamples = (int)Math.Clamp(MostDraws / a.Length, 200, PairedTests.Resamples);
        if (a.Concat(b).All(value => value is 0 or 1))
        {
            var (onlyFirst, onlySecond) = (0, 0);
            for (var i = 0; i < a.Length; i++)
                if (a[i] > b[i]) onlyFirst++;
                else if (a[i] < b[i]) onlySecond++;
            var n = (double)a.Length;
            var d = (onlyFirst - onlySecond) / n;
            var error = Math.Sqrt((onlyFirst + onlySecond) / n - d * d) / Math.Sqrt(n);
            return new(first, second, "mcnemar", difference, PairedTests.McNemar(onlyFirst, onlySecond).Exact, a.Length) { Discordant = (onlyFirst, onlySecond), Low = d - 1.96 * error, High = d + 1.96 * error };
        }
        var result = PairedTests.Bootstrap(a, b, Seed, resamples, stop);
        return new(first, second, "bootstrap", difference, result.P, a.Length) { Low = result.Ci95.Low, High = result.Ci95.High };
    }

    /// <summary>Without samples in common: the difference against both errors.</summary>
    public static Comparison ByErrors(Board board, BoardEntry first, BoardEntry second)
    {
        var difference = first.Value - second.Value;
        if (RankRanges.ErrorOf(board, first) is not { } one || RankRanges.ErrorOf(board, second) is not { } other || one + other <= 0)
            return new(first, second, "none", difference, null, 0) { Reason = "One of the two states neither a standard error nor how many samples it has." };
        var error = Math.Sqrt(one * one + other * other);
        return new(first, second, "z", difference, UnpairedTests.Difference(first.Value, one, second.Value, other), 0) { Low = difference - 1.96 * error, High = difference + 1.96 * error };
    }
}
