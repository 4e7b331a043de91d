namespace ModelZoo.Learning.Training;

/// <summary>
/// Contrastive loss over a batch of two views per sample: cross-entropy of each view's similarities to all others against its partner.
/// </summary>
/// <remarks>van den Oord et al. 2018, arXiv:1807.03748; in the form of SimCLR (Chen et al. 2020, arXiv:2002.05709).</remarks>
static class InfoNce
{
    const double SmallestNorm = 1e-12;

    /// <summary>Mean loss over 2·<paramref name="pairs"/> rows; writes the gradient. Row i and row i + pairs are views of one sample.</summary>
    /// <param name="z">[2·pairs, width], not normalised.</param>
    public static double Run(int pairs, int width, double temperature, ReadOnlySpan<float> z, Span<float> gradient)
    {
        var rows = 2 * pairs;
        var unit = new double[rows * width];
        var norms = new double[rows];
        for (var r = 0; r < rows; r++)
        {
            var sum = 0.0;
            for (var k = 0; k < width; k++) sum += (double)z[r * width + k] * z[r * width + k];
            norms[r] = Math.Max(Math.Sqrt(sum), SmallestNorm);
            for (var k = 0; k < width; k++) unit[r * width + k] = z[r * width + k] / norms[r];
        }
        var loss = 0.0;
        var dUnit = new double[rows * width];
        var similar = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            var u = unit.AsSpan(i * width, width);
            var top = double.NegativeInfinity;
            for (var j = 0; j < rows; j++)
            {
                var dot = 0.0;
                var other = unit.AsSpan(j * width, width);
                for (var k = 0; k < width; k++) dot += u[k] * other[k];
                similar[j] = j == i ? double.NegativeInfinity : dot / temperature;
                top = Math.Max(top, similar[j]);
            }
            var partner = i < pairs ? i + pairs : i - pairs;
            var positive = similar[partner];
            var sum = 0.0;
            for (var j = 0; j < rows; j++) sum += similar[j] = Math.Exp(similar[j] - top);
            loss += Math.Log(sum) + top - positive;
            for (var j = 0; j < rows; j++)
            {
                var d = (similar[j] / sum - (j == partner ? 1 : 0)) / (rows * temperature);
                if (j == i) continue;
                for (var k = 0; k < width; k++)
                {
                    dUnit[i * width + k] += d * unit[j * width + k];
                    dUnit[j * width + k] += d * u[k];
                }
            }
        }
        for (var r = 0; r < rows; r++)
        {
            var along = 0.0;
            for (var k = 0; k < width; k++) along += dUnit[r * width + k] * unit[r * width + k];
            for (var k = 0; k < width; k++) gradient[r * width + k] = (float)((dUnit[r * width + k] - along * unit[r * width + k]) / norms[r]);
        }
        return loss / rows;
    }
}
