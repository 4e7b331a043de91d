using ModelZoo.Learning.Merging;

namespace ModelZoo.Learning.Analyses;

/// <summary>
/// Distances in weight space between all checkpoints of one shape group: norms, L2, cosine, relative, spread. Computed from differences, streaming along the
/// parameter axis; what is held beside the results does not depend on how many checkpoints there are.
/// </summary>
public sealed class DistanceTable
{
    /// <summary>Numbers that one core holds at a time over all checkpoints: they stay in its second cache.</summary>
    const int ResidentNumbers = 1 << 16;

    const int LargestBlock = 1 << 14;

    readonly double[] _squares;
    readonly double[] _dots;
    readonly double[] _norms;

    DistanceTable(IReadOnlyList<string> names, long parameters, double[] norms, double[] squares, double[] dots)
    {
        (Names, Parameters, _norms, _squares, _dots) = (names, parameters, norms, squares, dots);
    }

    public IReadOnlyList<string> Names { get; }

    public int Count => Names.Count;

    /// <summary>P, the numbers in scope.</summary>
    public long Parameters { get; }

    public double Norm(int i) => _norms[i];

    public double SquaredDistance(int i, int j) => i == j ? 0 : _squares[Pair(i, j)];

    public double Distance(int i, int j) => Math.Sqrt(SquaredDistance(i, j));

    /// <summary>Null where a vector is zero.</summary>
    public double? Cosine(int i, int j) => _norms[i] == 0 || _norms[j] == 0 ? null : i == j ? 1 : Math.Clamp(_dots[Pair(i, j)] / (_norms[i] * _norms[j]), -1, 1);

    /// <summary>Distance over the mean norm, from 0 to 2; null where both vectors are zero.</summary>
    public double? Relative(int i, int j) => _norms[i] + _norms[j] is > 0 and var sum ? Distance(i, j) / (0.5 * sum) : null;

    /// <summary>Root mean square difference of a parameter.</summary>
    public double Normalized(int i, int j) => Distance(i, j) / Math.Sqrt(Parameters);

    /// <summary>√(mean squared distance from the mean), by mean over pairs of d² = 2N/(N − 1)·s².</summary>
    public double Spread => Count < 2 ? 0 : Math.Sqrt(_squares.Sum() / ((double)Count * Count));

    public double MeanParameterVariance => Spread * Spread / Parameters;

    /// <summary>Mean squared distance between members of different families over that within one; above 1 means modes. Null when either is empty.</summary>
    public double? BetweenOverWithin(IReadOnlyList<string> families)
    {
        double within = 0, between = 0;
        long withins = 0, betweens = 0;
        for (var i = 0; i < Count; i++)
            for (var j = i + 1; j < Count; j++)
            {
                if (families[i] == families[j]) (within, withins) = (within + SquaredDistance(i, j), withins + 1);
                else (between, betweens) = (between + SquaredDistance(i, j), betweens + 1);
            }
        return withins > 0 && betweens > 0 && within > 0 ? between / betweens / (within / withins) : null;
    }

    /// <summary>Principal components of the centred checkpoints, from the table alone: the Gram matrix is −½ J D² J.</summary>
    public PrincipalComponents Components(int dimensions)
    {
        var n = Count;
        var gram = new double[n, n];
        var means = new double[n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) means[i] += SquaredDistance(i, j) / n;
        var all = means.Average();
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) gram[i, j] = -0.5 * (SquaredDistance(i, j) - means[i] - means[j] + all);
        return PrincipalComponents.OfGram(gram, dimensions);
    }

    public static async Task<DistanceTable> ComputeAsync(IReadOnlyList<Checkpoint> checkpoints, CancellationToken stop)
    {
        var n = checkpoints.Count;
        if (n == 0) throw new ArgumentException("There are no checkpoints.", nameof(checkpoints));
        if (checkpoints.FirstOrDefault(each => each.ShapeGroup != checkpoints[0].ShapeGroup) is { } other)
            throw new MergeException($"'{other.Name}' has other tensors than '{checkpoints[0].Name}'; distances are computed per shape group.");
        var norms = new double[n];
        var squares = new double[n * (n - 1) / 2];
        var block = Math.Clamp(ResidentNumbers / n & ~7, 256, LargestBlock);
        var blocks = (checkpoints[0].Count + block - 1) / block;
        // Waves of blocks are worked on at once, one on each core, and added up in their order: the sums do not depend on how many cores there are.
        var wave = new DistanceBlock[(int)Math.Clamp(blocks, 1, Environment.ProcessorCount)];
        for (var w = 0; w < wave.Length; w++) wave[w] = new(n, block);
        for (long first = 0; first < blocks; first += wave.Length)
        {
            var count = (int)Math.Min(wave.Length, blocks - first);
            await Parallel.ForAsync(0, count, new ParallelOptions { CancellationToken = stop, TaskScheduler = TaskScheduler.Current }, (w, halt) => wave[w].ComputeAsync(checkpoints, (first + w) * block, halt));
            for (var w = 0; w < count; w++) wave[w].AddTo(norms, squares);
        }
        // ⟨x, y⟩ from the two norms and the distance, which keeps all digits where models are near each other.
        var dots = new double[squares.Length];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) dots[Pair(i, j)] = 0.5 * (norms[i] + norms[j] - squares[Pair(i, j)]);
        return new([.. checkpoints.Select(each => each.Name)], checkpoints[0].Count, [.. norms.Select(Math.Sqrt)], squares, dots);
    }

    internal static int Pair(int i, int j) => i > j ? i * (i - 1) / 2 + j : j * (j - 1) / 2 + i;
}
