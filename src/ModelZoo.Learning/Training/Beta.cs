using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Training;

/// <summary>Draws from the symmetric Beta distribution.</summary>
static class Beta
{
    public static double Draw(double shape, ref RandomSource stream)
    {
        var (x, y) = (Gamma(shape, ref stream), Gamma(shape, ref stream));
        return x + y > 0 ? x / (x + y) : 0.5;
    }

    /// <remarks>Marsaglia and Tsang 2000, doi:10.1145/358407.358414; shapes below 1 by their boost.</remarks>
    static double Gamma(double shape, ref RandomSource stream)
    {
        if (shape < 1) return Gamma(shape + 1, ref stream) * Math.Pow(1 - stream.NextUnit(), 1 / shape);
        var d = shape - 1 / 3.0;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = stream.NextNormal();
            var v = Math.Pow(1 + c * x, 3);
            if (v > 0 && Math.Log(1 - stream.NextUnit()) < 0.5 * x * x + d - d * v + d * Math.Log(v)) return d * v;
        }
    }
}
