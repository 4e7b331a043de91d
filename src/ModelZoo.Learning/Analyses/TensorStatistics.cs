using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Analyses;

/// <summary>Which percentiles stand for a tensor.</summary>
public enum PercentileSet
{
    /// <summary>1, 25, 50, 75, 99.</summary>
    Inner,

    /// <summary>0, 25, 50, 75, 100: Unterthiner et al. 2020, arXiv:2002.11448.</summary>
    Unterthiner,
}

/// <summary>What the numbers of one tensor look like.</summary>
/// <param name="Kurtosis">m4/m2² − 3; null when all numbers are equal.</param>
/// <param name="NotFinite">Numbers that are none or infinite; they make the others meaningless.</param>
public sealed record TensorStatistics(string Name, long Count, double Mean, double Variance, IReadOnlyList<double> Percentiles, double? Kurtosis, double Norm, double LargestSize, long NotFinite)
{
    static readonly double[] s_inner = [1, 25, 50, 75, 99];
    static readonly double[] s_unterthiner = [0, 25, 50, 75, 100];

    /// <summary>Mean, variance and five percentiles: the standard baseline features.</summary>
    public IEnumerable<double> Features => Percentiles.Prepend(Variance).Prepend(Mean);

    /// <summary>Reads one tensor into memory; percentiles need all of it.</summary>
    public static async Task<TensorStatistics> OfAsync(TensorContent tensor, PercentileSet percentiles, CancellationToken stop)
    {
        var values = new double[tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis))];
        await new WideReader().ReadAsync(tensor, 0, values, stop);
        return Of(tensor.Name, values, percentiles);
    }

    /// <param name="values">Will be sorted.</param>
    public static TensorStatistics Of(string name, double[] values, PercentileSet percentiles)
    {
        var n = values.Length;
        if (n == 0) return new(name, 0, 0, 0, [0, 0, 0, 0, 0], null, 0, 0, 0);
        var mean = values.Sum() / n;
        double m2 = 0, m4 = 0, squares = 0, largest = 0;
        long bad = 0;
        foreach (var value in values)
        {
            var d = (value - mean) * (value - mean);
            m2 += d;
            m4 += d * d;
            squares += value * value;
            largest = Math.Max(largest, Math.Abs(value));
            if (!double.IsFinite(value)) bad++;
        }
        Array.Sort(values);
        return new(name, n, mean, m2 / n, [.. (percentiles == PercentileSet.Inner ? s_inner : s_unterthiner).Select(q => Percentile(values, q))],
            m2 > 0 ? m4 / n / (m2 / n * (m2 / n)) - 3 : null, Math.Sqrt(squares), largest, bad);
    }

    /// <summary>By linear interpolation at rank q/100·(n − 1).</summary>
    static double Percentile(double[] sorted, double q)
    {
        var rank = q / 100 * (sorted.Length - 1);
        var low = (int)Math.Floor(rank);
        return low + 1 < sorted.Length ? sorted[low] + (rank - low) * (sorted[low + 1] - sorted[low]) : sorted[low];
    }
}

/// <summary>The singular values of a matrix and what they say about how many directions it uses.</summary>
/// <param name="EffectiveRank">exp of the entropy of the normalised singular values (Roy and Vetterli 2007).</param>
/// <param name="StableRank">‖W‖_F²/σ₁².</param>
public sealed record Spectrum(IReadOnlyList<double> SingularValues, double EffectiveRank, double StableRank)
{
    public static Spectrum Of(int rows, int columns, ReadOnlySpan<double> matrix)
    {
        var side = Math.Min(rows, columns);
        var gram = new double[side, side];
        for (var i = 0; i < side; i++)
            for (var j = 0; j <= i; j++)
            {
                var sum = 0.0;
                if (rows <= columns) sum = WideMath.Dot(matrix.Slice(i * columns, columns), matrix.Slice(j * columns, columns));
                else
                    for (var r = 0; r < rows; r++) sum += matrix[r * columns + i] * matrix[r * columns + j];
                gram[i, j] = gram[j, i] = sum;
            }
        var values = SymmetricEigen.Solve(gram).Values.Select(value => Math.Sqrt(Math.Max(0, value))).OrderDescending().ToArray();
        var total = values.Sum();
        var entropy = total > 0 ? -values.Where(value => value > 0).Sum(value => value / total * Math.Log(value / total)) : 0;
        return new(values, total > 0 ? Math.Exp(entropy) : 0, values[0] > 0 ? values.Sum(value => value * value) / (values[0] * values[0]) : 0);
    }
}
