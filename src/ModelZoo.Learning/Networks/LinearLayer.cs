using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>y = x·Wᵀ + b, with W stored [outputs, inputs]. Rows may lie apart, and of the outputs a part may do.</summary>
sealed class LinearLayer(ParameterLayout layout, string name)
{
    readonly ParameterShape _weight = layout[$"{name}.weight"];
    readonly ParameterShape _bias = layout[$"{name}.bias"];
    float[] _turnedGradient = [];

    public int Outputs => _weight.Shape[0];

    public int Inputs => _weight.Count / _weight.Shape[0];

    /// <param name="x">[rows, inputs].</param>
    /// <param name="y">[rows, outputs].</param>
    public void Forward(StepWeights weights, int rows, ReadOnlySpan<float> x, Span<float> y) => Forward(weights, rows, x, Inputs, y, Outputs, 0, Outputs);

    /// <param name="xRow">Steps from one row of x to the next.</param>
    /// <param name="first">Of the outputs that are wanted; they keep their places in y.</param>
    public void Forward(StepWeights weights, int rows, ReadOnlySpan<float> x, int xRow, Span<float> y, int yRow, int first, int count) =>
        MatrixProduct.Write(rows, count, Inputs, x, new(xRow, 1), weights.Turned(_weight)[first..], Outputs, weights.Of(_bias)[first..], y[first..], yRow);

    /// <summary>Adds the gradients of weight and bias.</summary>
    public void BackwardWeights(int rows, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> gradients)
    {
        if (Inputs >= 8 || Outputs < 8)
        {
            BackwardWeights(rows, x, Inputs, dy, Outputs, gradients, 0, Outputs);
            return;
        }
        // Few inputs make narrow rows; the other way round the vectors are full.
        RowOps.AddColumnSums(rows, Outputs, dy, Outputs, gradients.Slice(_bias.Offset, Outputs));
        var target = gradients.Slice(_weight.Offset, _weight.Count);
        if (_turnedGradient.Length == 0) _turnedGradient = new float[_weight.Count];
        MatrixProduct.Write(Inputs, Outputs, rows, x, new(1, Inputs), dy, Outputs, [], _turnedGradient, Outputs);
        for (var n = 0; n < Outputs; n++)
            for (var k = 0; k < Inputs; k++) target[n * Inputs + k] += _turnedGradient[k * Outputs + n];
    }

    /// <summary>Adds the gradients that some outputs give to their rows of the weight and their numbers of the bias.</summary>
    public void BackwardWeights(int rows, ReadOnlySpan<float> x, int xRow, ReadOnlySpan<float> dy, int dyRow, Span<float> gradients, int first, int count)
    {
        RowOps.AddColumnSums(rows, count, dy[first..], dyRow, gradients.Slice(_bias.Offset + first, count));
        MatrixProduct.Add(count, Inputs, rows, dy[first..], new(1, dyRow), x, xRow, gradients.Slice(_weight.Offset + first * Inputs, count * Inputs), Inputs);
    }

    /// <summary>The gradient of the input: written, or added to what is there.</summary>
    public void BackwardInput(StepWeights weights, int rows, ReadOnlySpan<float> dy, Span<float> dx, bool add)
    {
        if (add) MatrixProduct.Add(rows, Inputs, Outputs, dy, new(Outputs, 1), weights.Of(_weight), Inputs, dx, Inputs);
        else BackwardInput(weights, rows, dy, Outputs, dx, Inputs, 0, Outputs);
    }

    /// <summary>What some outputs give to the gradient of the input, written.</summary>
    public void BackwardInput(StepWeights weights, int rows, ReadOnlySpan<float> dy, int dyRow, Span<float> dx, int dxRow, int first, int count) =>
        MatrixProduct.Write(rows, Inputs, count, dy[first..], new(dyRow, 1), weights.Of(_weight)[(first * Inputs)..], Inputs, [], dx, dxRow);
}
