namespace ModelZoo.Learning.Analyses;

/// <summary>Linear regression with a penalty, exactly as the reference baseline: features standardised by the training rows, targets centred.</summary>
public sealed class Ridge
{
    readonly double[] _means;
    readonly double[] _scales;
    readonly double[] _weights;
    readonly double _center;

    Ridge(double[] means, double[] scales, double[] weights, double center) => (_means, _scales, _weights, _center) = (means, scales, weights, center);

    public static Ridge Fit(IReadOnlyList<double[]> rows, IReadOnlyList<double> targets, double alpha)
    {
        var (n, width) = (rows.Count, rows[0].Length);
        var means = new double[width];
        var scales = new double[width];
        for (var k = 0; k < width; k++)
        {
            means[k] = rows.Sum(row => row[k]) / n;
            var deviation = Math.Sqrt(rows.Sum(row => (row[k] - means[k]) * (row[k] - means[k])) / n);
            scales[k] = deviation > 0 ? deviation : 1;
        }
        var center = targets.Sum() / n;
        var a = rows.Select(row => row.Select((value, k) => (value - means[k]) / scales[k]).ToArray()).ToArray();
        var y = targets.Select(target => target - center).ToArray();
        // The smaller of the two systems: they have the same solution.
        return new(means, scales, width <= n ? Primal(a, y, alpha) : Dual(a, y, alpha), center);
    }

    public double Predict(double[] row)
    {
        var sum = _center;
        for (var k = 0; k < row.Length; k++) sum += _weights[k] * (row[k] - _means[k]) / _scales[k];
        return sum;
    }

    static double[] Primal(double[][] a, double[] y, double alpha)
    {
        var width = a[0].Length;
        var matrix = new double[width, width];
        var right = new double[width];
        for (var r = 0; r < a.Length; r++)
            for (var i = 0; i < width; i++)
            {
                right[i] += a[r][i] * y[r];
                for (var j = 0; j <= i; j++) matrix[i, j] += a[r][i] * a[r][j];
            }
        for (var i = 0; i < width; i++) matrix[i, i] += alpha;
        return Cholesky(matrix, right);
    }

    static double[] Dual(double[][] a, double[] y, double alpha)
    {
        var n = a.Length;
        var matrix = new double[n, n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++) matrix[i, j] = WideMath.Dot(a[i], a[j]) + (i == j ? alpha : 0);
        var dual = Cholesky(matrix, y);
        var weights = new double[a[0].Length];
        for (var r = 0; r < n; r++)
            for (var k = 0; k < weights.Length; k++) weights[k] += dual[r] * a[r][k];
        return weights;
    }

    /// <summary>Solves a positive definite system of which the lower half is given.</summary>
    static double[] Cholesky(double[,] matrix, double[] right)
    {
        var n = right.Length;
        var x = (double[])right.Clone();
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++)
            {
                var sum = matrix[i, j];
                for (var k = 0; k < j; k++) sum -= matrix[i, k] * matrix[j, k];
                matrix[i, j] = i == j ? Math.Sqrt(sum > 0 ? sum : throw new InvalidOperationException("The system is singular; a larger penalty makes it solvable.")) : sum / matrix[j, j];
            }
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++) x[i] -= matrix[i, k] * x[k];
            x[i] /= matrix[i, i];
        }
        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++) x[i] -= matrix[k, i] * x[k];
            x[i] /= matrix[i, i];
        }
        return x;
    }
}
