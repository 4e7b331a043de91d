namespace ModelZoo.Learning.Analyses;

/// <summary>Centred kernel alignment of two representations of the same samples.</summary>
/// <remarks>Kornblith et al. 2019, arXiv:1905.00414; debiased after Song et al. 2012 and Nguyen et al. 2021, arXiv:2010.15327.</remarks>
public static class KernelAlignment
{
    /// <summary>‖YᵀX‖²/(‖XᵀX‖·‖YᵀY‖) over centred features; null when a representation is constant.</summary>
    /// <param name="x">[samples, width of x].</param>
    public static double? Linear(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int samples)
    {
        var (kx, ky) = (Gram(Centered(x, samples), samples), Gram(Centered(y, samples), samples));
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < kx.Length; i++)
        {
            xy += kx[i] * ky[i];
            xx += kx[i] * kx[i];
            yy += ky[i] * ky[i];
        }
        return xx > 0 && yy > 0 ? xy / (Math.Sqrt(xx) * Math.Sqrt(yy)) : null;
    }

    /// <summary>The unbiased form, for when samples are not many more than features; may be negative. Null when a representation is constant.</summary>
    public static double? Debiased(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int samples)
    {
        if (samples < 4) throw new ArgumentException("The debiased form needs at least four samples.", nameof(samples));
        var (kx, ky) = (Gram(Wide(x), samples), Gram(Wide(y), samples));
        for (var i = 0; i < samples; i++) kx[i * samples + i] = ky[i * samples + i] = 0;
        var below = Hsic(kx, kx, samples) * Hsic(ky, ky, samples);
        return below > 0 ? Hsic(kx, ky, samples) / Math.Sqrt(below) : null;
    }

    static double Hsic(double[] k, double[] l, int n)
    {
        double trace = 0, sumK = 0, sumL = 0, across = 0;
        for (var i = 0; i < n; i++)
        {
            double rowK = 0, rowL = 0;
            for (var j = 0; j < n; j++)
            {
                trace += k[i * n + j] * l[j * n + i];
                rowK += k[i * n + j];
                rowL += l[i * n + j];
            }
            sumK += rowK;
            sumL += rowL;
            across += rowK * rowL;
        }
        return (trace + sumK * sumL / ((n - 1.0) * (n - 2)) - 2 / (n - 2.0) * across) / (n * (n - 3.0));
    }

    static double[] Gram(double[] features, int samples)
    {
        var width = features.Length / samples;
        var gram = new double[samples * samples];
        for (var i = 0; i < samples; i++)
            for (var j = 0; j <= i; j++)
                gram[i * samples + j] = gram[j * samples + i] = WideMath.Dot(features.AsSpan(i * width, width), features.AsSpan(j * width, width));
        return gram;
    }

    static double[] Centered(ReadOnlySpan<float> features, int samples)
    {
        var values = Wide(features);
        var width = values.Length / samples;
        for (var k = 0; k < width; k++)
        {
            var mean = 0.0;
            for (var s = 0; s < samples; s++) mean += values[s * width + k];
            mean /= samples;
            for (var s = 0; s < samples; s++) values[s * width + k] -= mean;
        }
        return values;
    }

    static double[] Wide(ReadOnlySpan<float> features)
    {
        var values = new double[features.Length];
        for (var i = 0; i < values.Length; i++) values[i] = features[i];
        return values;
    }
}
