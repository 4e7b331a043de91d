using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>y = x·Wᵀ + b, with W stored [outputs, inputs].</summary>
sealed class LinearLayer(ParameterLayout layout, string name)
{
    readonly ParameterShape _weight = layout[$"{name}.weight"];
    readonly ParameterShape _bias = layout[$"{name}.bias"];
    float[] _turnedGradient = [];

    public int Outputs => _weight.Shape[0];

    public int Inputs => _weight.Count / _weight.Shape[0];

    /// <param name="x">[rows, inputs].</param>
    /// <param name="y">[rows, outputs].</param>
    public void Forward(StepWeights weights, int rows, ReadOnlySpan<float> x, Span<float> y) =>
        MatrixProduct.Write(rows, Outputs, Inputs, x, new(Inputs, 1), weights.Turned(_weight), Outputs, weights.Of(_bias), y, Outputs);

    /// <summary>Adds the gradients of weight and bias.</summary>
    public void BackwardWeights(int rows, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> gradients)
    {
        RowOps.AddColumnSums(rows, Outputs, dy, gradients.Slice(_bias.Offset, Outputs));
        var target = gradients.Slice(_weight.Offset, _weight.Count);
        if (Inputs >= 8 || Outputs < 8)
        {
            MatrixProduct.Add(Outputs, Inputs, rows, dy, new(1, Outputs), x, Inputs, target, Inputs);
            return;
        }
        // Few inputs make narrow rows; the other way round the vectors are full.
        if (_turnedGradient.Length == 0) _turnedGradient = new float[_weight.Count];
        MatrixProduct.Write(Inputs, Outputs, rows, x, new(1, Inputs), dy, Outputs, [], _turnedGradient, Outputs);
        for (var n = 0; n < Outputs; n++)
            for (var k = 0; k < Inputs; k++) target[n * Inputs + k] += _turnedGradient[k * Outputs + n];
    }

    /// <summary>The gradient of the input: written, or added to what is there.</summary>
    public void BackwardInput(StepWeights weights, int rows, ReadOnlySpan<float> dy, Span<float> dx, bool add)
    {
        if (add) MatrixProduct.Add(rows, Inputs, Outputs, dy, new(Outputs, 1), weights.Of(_weight), Inputs, dx, Inputs);
        else MatrixProduct.Write(rows, Inputs, Outputs, dy, new(Outputs, 1), weights.Of(_weight), Inputs, [], dx, Inputs);
    }
}
