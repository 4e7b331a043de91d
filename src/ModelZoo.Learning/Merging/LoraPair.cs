using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Merging;

/// <summary>How a pair is stored, and what it is added to.</summary>
public enum LoraLayout
{
    /// <summary>A matrix [outputs, inputs].</summary>
    Matrix,

    /// <summary>A table of vectors, [rows, width]: PEFT stores A as [rank, rows] and B as [width, rank] and adds (B·A)ᵀ; here B has the rows and A the width.</summary>
    Table,

    /// <summary>A convolution's kernel [outputs, channels, …]; inputs are channels times window.</summary>
    Kernel,

    /// <summary>A bias [outputs]: what B's own bias adds; one input, which is 1.</summary>
    Vector,
}

/// <summary>What an adapter adds to one weight: Scale · B · A.</summary>
/// <param name="A">[Rank, Inputs].</param>
/// <param name="B">[Outputs, Rank].</param>
public sealed record LoraPair(double[] A, double[] B, int Rank, int Inputs, int Outputs, double Scale)
{
    public LoraLayout Layout { get; init; }

    /// <summary>Of a kernel: channels and window.</summary>
    public IReadOnlyList<long> Kernel { get; init; } = [];

    /// <summary>The configuration says that the base stores the matrix [inputs, outputs].</summary>
    public bool FansIn { get; init; }

    /// <summary>What is added to the transposed weight.</summary>
    public LoraPair Transpose() => this with { A = Transposed(B, Outputs, Rank), B = Transposed(A, Rank, Inputs), Inputs = Outputs, Outputs = Inputs };

    /// <summary>[columns, rows] of [rows, columns].</summary>
    internal static double[] Transposed(double[] values, int rows, int columns)
    {
        var turned = new double[values.Length];
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c];
        return turned;
    }

    /// <summary>Σ w_i · (what pair i adds), as one pair of all ranks side by side.</summary>
    public static LoraPair Concatenate(IReadOnlyList<(LoraPair Pair, double Weight)> pairs)
    {
        var first = pairs[0].Pair;
        if (pairs.Any(each => each.Pair.Inputs != first.Inputs || each.Pair.Outputs != first.Outputs || each.Pair.Layout != first.Layout || each.Pair.FansIn != first.FansIn || !each.Pair.Kernel.SequenceEqual(first.Kernel))) throw new MergeException("The adapters change weights of different shapes.");
        var rank = pairs.Sum(each => each.Pair.Rank);
        var (a, b) = (new double[rank * first.Inputs], new double[first.Outputs * rank]);
        var at = 0;
        foreach (var (pair, weight) in pairs)
        {
            // The factor goes half into each side; its sign goes to B.
            var factor = weight * pair.Scale;
            var side = Math.Sqrt(Math.Abs(factor));
            for (var i = 0; i < pair.A.Length; i++) a[at * first.Inputs + i] = side * pair.A[i];
            for (var o = 0; o < first.Outputs; o++)
                for (var k = 0; k < pair.Rank; k++) b[o * rank + at + k] = Math.Sign(factor) * side * pair.B[o * pair.Rank + k];
            at += pair.Rank;
        }
        return first with { A = a, B = b, Rank = rank, Scale = 1 };
    }

    /// <summary>The nearest pair of a smaller rank, by singular values.</summary>
    public LoraPair Truncate(int rank)
    {
        rank = Math.Min(rank, Math.Min(Rank, Math.Min(Inputs, Outputs)));
        // With M = B·A, the eigenvectors of MᵀM lie in the rows of A: the small system is R × R.
        var ga = Product(A, Rank, Inputs);
        var gb = new double[Rank, Rank];
        for (var i = 0; i < Rank; i++)
            for (var j = 0; j < Rank; j++)
                for (var o = 0; o < Outputs; o++) gb[i, j] += B[o * Rank + i] * B[o * Rank + j];
        var (values, vectors) = SymmetricEigen.Solve(ga);
        var root = new double[Rank, Rank];
        for (var i = 0; i < Rank; i++)
            for (var j = 0; j < Rank; j++)
                for (var k = 0; k < Rank; k++) root[i, j] += vectors[i, k] * Math.Sqrt(Math.Max(0, values[k])) * vectors[j, k];
        var (singular, inner) = SymmetricEigen.Solve(Multiply(Multiply(root, gb), root));
        var order = Enumerable.Range(0, Rank).OrderByDescending(i => singular[i]).Take(rank).ToArray();
        // Rows of the new A are right singular vectors: inner' · root⁻¹ · A, and the new B is M times their transpose.
        var (a, b) = (new double[rank * Inputs], new double[Outputs * rank]);
        for (var n = 0; n < rank; n++)
        {
            var combination = new double[Rank];
            for (var i = 0; i < Rank; i++)
                for (var k = 0; k < Rank; k++)
                {
                    if (values[k] <= 1e-24 * Math.Max(1, values.Max())) continue;
                    var along = 0.0;
                    for (var j = 0; j < Rank; j++) along += vectors[j, k] * inner[j, order[n]];
                    combination[i] += vectors[i, k] / Math.Sqrt(values[k]) * along;
                }
            for (var k = 0; k < Rank; k++)
                for (var c = 0; c < Inputs; c++) a[n * Inputs + c] += combination[k] * A[k * Inputs + c];
            for (var o = 0; o < Outputs; o++)
            {
                var sum = 0.0;
                for (var k = 0; k < Rank; k++)
                {
                    var dot = 0.0;
                    for (var j = 0; j < Rank; j++) dot += ga[k, j] * combination[j];
                    sum += B[o * Rank + k] * dot;
                }
                b[o * rank + n] = sum;
            }
        }
        return this with { A = a, B = b, Rank = rank };
    }

    static double[,] Product(double[] a, int rows, int columns)
    {
        var product = new double[rows, rows];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < rows; j++) product[i, j] = WideMath.Dot(a.AsSpan(i * columns, columns), a.AsSpan(j * columns, columns));
        return product;
    }

    static double[,] Multiply(double[,] x, double[,] y)
    {
        var n = x.GetLength(0);
        var product = new double[n, n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                for (var k = 0; k < n; k++) product[i, j] += x[i, k] * y[k, j];
        return product;
    }
}
