using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Merging;

/// <summary>Σ c_i x_i with coefficients known beforehand, in the order of the inputs, then divided.</summary>
sealed class LinearMerge(double[] coefficients, double divisor) : TensorMerge
{
    public override (double[] Factors, double Divisor)? Coefficients => (coefficients, divisor);

    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        WideMath.Scale(coefficients[0], values[0].AsSpan(0, count), result);
        for (var i = 1; i < coefficients.Length; i++) WideMath.AddScaled(coefficients[i], values[i].AsSpan(0, count), result);
        if (divisor != 1) WideMath.Divide(result[..count], divisor);
    }
}
