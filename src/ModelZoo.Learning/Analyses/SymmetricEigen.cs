namespace ModelZoo.Learning.Analyses;

/// <summary>Eigenvalues and vectors of a symmetric matrix by Jacobi's rotations: slower than other methods, and accurate.</summary>
/// <remarks>Golub and Van Loan, Matrix Computations, section 8.5.</remarks>
static class SymmetricEigen
{
    const int MostSweeps = 60;

    /// <returns>Values in no order, and vectors as columns.</returns>
    public static (double[] Values, double[,] Vectors) Solve(double[,] matrix)
    {
        var n = matrix.GetLength(0);
        var a = (double[,])matrix.Clone();
        var v = new double[n, n];
        for (var i = 0; i < n; i++) v[i, i] = 1;
        for (var sweep = 0; sweep < MostSweeps; sweep++)
        {
            double off = 0, diagonal = 0;
            for (var i = 0; i < n; i++)
            {
                diagonal += a[i, i] * a[i, i];
                for (var j = 0; j < i; j++) off += a[i, j] * a[i, j];
            }
            if (!(off > 1e-30 * diagonal)) break;
            for (var p = 0; p < n - 1; p++)
                for (var q = p + 1; q < n; q++) Rotate(a, v, p, q, n);
        }
        return ([.. Enumerable.Range(0, n).Select(i => a[i, i])], v);
    }

    static void Rotate(double[,] a, double[,] v, int p, int q, int n)
    {
        if (a[p, q] == 0) return;
        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        var t = double.IsInfinity(theta) ? 0 : Math.CopySign(1 / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1)), theta);
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        for (var k = 0; k < n; k++)
        {
            var (x, y) = (a[k, p], a[k, q]);
            a[k, p] = c * x - s * y;
            a[k, q] = s * x + c * y;
        }
        for (var k = 0; k < n; k++)
        {
            var (x, y) = (a[p, k], a[q, k]);
            a[p, k] = c * x - s * y;
            a[q, k] = s * x + c * y;
            (x, y) = (v[k, p], v[k, q]);
            v[k, p] = c * x - s * y;
            v[k, q] = s * x + c * y;
        }
    }
}
