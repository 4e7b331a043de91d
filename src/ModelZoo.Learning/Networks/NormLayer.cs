using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>Layer normalisation of up to so many rows.</summary>
sealed class NormLayer(ParameterLayout layout, string name, int rows)
{
    const float Epsilon = 1e-6f;

    readonly ParameterShape _weight = layout[$"{name}.weight"];
    readonly ParameterShape _bias = layout[$"{name}.bias"];
    readonly float[] _normal = new float[rows * layout[$"{name}.weight"].Count];
    readonly float[] _inverse = new float[rows];

    public void Forward(StepWeights weights, int rows, ReadOnlySpan<float> x, int xRow, Span<float> y) =>
        RowOps.LayerNorm(rows, _weight.Count, Epsilon, x, xRow, weights.Of(_weight), weights.Of(_bias), _normal, _inverse, y);

    /// <summary>Adds to the gradients of the input, the weight and the bias.</summary>
    public void Backward(StepWeights weights, int rows, ReadOnlySpan<float> dy, Span<float> gradients, Span<float> dx, int dxRow) =>
        RowOps.LayerNormBackward(rows, _weight.Count, dy, _normal, _inverse, weights.Of(_weight),
            gradients.Slice(_weight.Offset, _weight.Count), gradients.Slice(_bias.Offset, _bias.Count), dx, dxRow);
}
