namespace ModelZoo.Learning.Analyses;

/// <summary>Eigenvalues of centred data and the coordinates of its rows.</summary>
/// <param name="Eigenvalues">Largest first, negative rounding clipped to zero.</param>
/// <param name="Coordinates">[rows][dimensions]: U·√λ; in each column the entry of largest size is positive.</param>
public sealed record PrincipalComponents(IReadOnlyList<double> Eigenvalues, double[][] Coordinates)
{
    public IReadOnlyList<double> Explained => [.. Eigenvalues.Select(value => value / Math.Max(Eigenvalues.Sum(), double.Epsilon))];

    /// <summary>(Σλ)²/Σλ²: how many directions there are, in effect.</summary>
    public double ParticipationRatio => Eigenvalues.Sum(value => value * value) is > 0 and var squares ? Math.Pow(Eigenvalues.Sum(), 2) / squares : 0;

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
