using ModelZoo.Learning.Kernels;

namespace ModelZoo.Learning.FineTuning;

/// <summary>Layer normalisation of up to so many rows.</summary>
sealed class NormPart(EncoderLayout layout, string name, int rows)
{
    readonly EncoderTensor _weight = layout[$"{name}.weight"];
    readonly EncoderTensor _bias = layout[$"{name}.bias"];
    readonly float _epsilon = layout.Shape.Epsilon;
    readonly float[] _normal = new float[rows * layout.Shape.Width];
    readonly float[] _inverse = new float[rows];
    readonly float[] _nowhere = layout[$"{name}.weight"].Learns ? [] : new float[2 * layout.Shape.Width];

    public void Forward(EncoderWeights weights, int rows, ReadOnlySpan<float> x, int xRow, Span<float> y) =>
        RowOps.LayerNorm(rows, _weight.Count, _epsilon, x, xRow, weights.Of(_weight), weights.Of(_bias), _normal, _inverse, y);

    /// <summary>Adds to the gradients of the input, and of weight and bias where they learn.</summary>
    public void Backward(EncoderWeights weights, int rows, ReadOnlySpan<float> dy, Span<float> gradients, Span<float> dx, int dxRow)
    {
        var width = _weight.Count;
        var dWeight = _weight.Learns ? gradients.Slice(_weight.Gradient, width) : _nowhere.AsSpan(0, width);
        var dBias = _weight.Learns ? gradients.Slice(_bias.Gradient, width) : _nowhere.AsSpan(width);
        RowOps.LayerNormBackward(rows, width, dy, _normal, _inverse, weights.Of(_weight), dWeight, dBias, dx, dxRow);
    }
}
