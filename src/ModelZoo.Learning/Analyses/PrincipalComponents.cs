namespace ModelZoo.Learning.Analyses;

/// <summary>Eigenvalues of centred data and the coordinates of its rows.</summary>
/// <param name="Eigenvalues">Largest first, negative rounding clipped to zero.</param>
/// <param name="Coordinates">[rows][dimensions]: U·√λ; in each column the entry of largest size is positive.</param>
public sealed record PrincipalComponents(IReadOnlyList<double> Eigenvalues, double[][] Coordinates)
{
    public IReadOnlyList<double> Explained => [.. Eigenvalues.Select(value => value / Math.Max(Eigenvalues.Sum(), double.Epsilon))];

    /// <summary>(Σλ)²/Σλ²: how many directions there are, in effect.</summary>
    public double ParticipationRatio => Eigenvalues.Sum(value => value * value) is > 0 and var squares ? Math.Pow(Eigenvalues.Sum(), 2) / squares : 0;

    /// <summary>The principal components of points of which only the distances are known (classical scaling; Torgerson 1952, doi:10.1007/BF02288916).</summary>
    /// <param name="distances">[n, n], symmetric, Euclidean, with zeros on the diagonal.</param>
    /// <param name="dimensions">Most columns of the coordinates.</param>
    public static PrincipalComponents OfDistances(double[,] distances, int dimensions)
    {
        var n = distances.GetLength(0);
        var (gram, means, all) = (new double[n, n], new double[n], 0.0);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++) means[i] += distances[i, j] * distances[i, j] / n;
            all += means[i] / n;
        }
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) gram[i, j] = -0.5 * (distances[i, j] * distances[i, j] - means[i] - means[j] + all);
        return OfGram(gram, dimensions);
    }

    internal static PrincipalComponents OfGram(double[,] gram, int dimensions)
    {
        var n = gram.GetLength(0);
        var (values, vectors) = SymmetricEigen.Solve(gram);
        var order = Enumerable.Range(0, n).OrderByDescending(i => values[i]).ToArray();
        var kept = Math.Min(dimensions, n);
        var coordinates = new double[n][];
        for (var r = 0; r < n; r++) coordinates[r] = new double[kept];
        for (var k = 0; k < kept; k++)
        {
            var column = order[k];
            var largest = Enumerable.Range(0, n).MaxBy(r => Math.Abs(vectors[r, column]));
            var scale = Math.Sqrt(Math.Max(0, values[column])) * (vectors[largest, column] < 0 ? -1 : 1);
            for (var r = 0; r < n; r++) coordinates[r][k] = vectors[r, column] * scale;
        }
        return new([.. order.Select(i => Math.Max(0, values[i]))], coordinates);
    }
}
