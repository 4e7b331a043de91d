namespace ModelZoo.Hub.Web.Charts;

/// <summary>A stretch of rows that belong together, such as a family.</summary>
/// <param name="Rows">How many rows and columns it takes.</param>
public sealed record MatrixBlock(string Name, int Rows);

/// <summary>A symmetric measure of pairs, the rows ordered so that relatives are neighbours.</summary>
/// <param name="Cells">[row, column]; NaN where nothing was measured.</param>
public sealed record MatrixPlot(string Finding, string Measure, double[,] Cells, IReadOnlyList<MatrixBlock> Blocks)
{
    public double Low { get; init; }
    public double High { get; init; } = 1;
}
