using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>
/// The last block of a vision transformer. Nothing behind it reads another token than the class token, so of the others only keys and values are computed.
/// What is left out are products whose results nobody reads, and sums of zeros: numbers are the same, bit for bit, as those of a block that computes all.
/// </summary>
sealed class LastBlock
{
    readonly NormLayer _norm1;
    readonly NormLayer _norm2;
    readonly LinearLayer _qkv;
    readonly LinearLayer _projection;
    readonly LinearLayer _fc1;
    readonly LinearLayer _fc2;
    readonly AttentionLayer _attention;
    readonly Activation _activation;
    readonly int _tokens;
    readonly int _dim;
    readonly float[] _y1;
    readonly float[] _qkvValues;
    readonly float[] _probabilities;
    readonly float[] _attended;
    readonly float[] _y2;
    readonly float[] _hidden;
    readonly float[] _slopes;
    readonly float[] _branch;
    readonly float[] _dHidden;
    readonly float[] _dQkv;
    readonly float[] _dNormal;

    public LastBlock(NetworkPass pass)
    {
        var (layout, model, name, samples) = (pass.Layout, pass.Model, $"blocks.{pass.Model.Depth - 1}", NetworkPass.TileSamples);
        var rows = samples * model.Tokens;
        (_tokens, _dim, _activation) = (model.Tokens, model.Dim, model.Activation);
        (_norm1, _norm2) = (new(layout, $"{name}.norm1", rows), new(layout, $"{name}.norm2", samples));
        (_qkv, _projection) = (new(layout, $"{name}.attn.qkv"), new(layout, $"{name}.attn.proj"));
        (_fc1, _fc2) = (new(layout, $"{name}.mlp.fc1"), new(layout, $"{name}.mlp.fc2"));
        _attention = new(model.Tokens, model.Heads, model.Dim);
        (_y1, _dNormal) = (new float[rows * _dim], new float[rows * _dim]);
        (_qkvValues, _dQkv) = (new float[rows * 3 * _dim], new float[rows * 3 * _dim]);
        _probabilities = new float[_attention.ProbabilityCount(samples) / model.Tokens];
        (_attended, _y2, _branch) = (new float[samples * _dim], new float[samples * _dim], new float[samples * _dim]);
        (_hidden, _slopes, _dHidden) = (new float[samples * model.Mlp], new float[samples * model.Mlp], new float[samples * model.Mlp]);
    }

    /// <param name="stream">[samples, T, D]; of each sample only the class token comes to what it should be.</param>
    public void Forward(StepWeights weights, int samples, Span<float> stream)
    {
        var (rows, sample) = (samples * _tokens, _tokens * _dim);
        _norm1.Forward(weights, rows, stream, _dim, _y1);
        _qkv.Forward(weights, samples, _y1, sample, _qkvValues, 3 * sample, 0, _dim);
        _qkv.Forward(weights, rows, _y1, _dim, _qkvValues, 3 * _dim, _dim, 2 * _dim);
        _attention.ForwardFirst(samples, _qkvValues, _probabilities, _attended);
        _projection.Forward(weights, samples, _attended, _branch);
        AddBranch(samples, stream);
        _norm2.Forward(weights, samples, stream, sample, _y2);
        var hidden = _hidden.AsSpan(0, samples * _fc1.Outputs);
        _fc1.Forward(weights, samples, _y2, hidden);
        Activations.Apply(_activation, hidden, _slopes);
        _fc2.Forward(weights, samples, hidden, _branch);
        AddBranch(samples, stream);
    }

    /// <summary>Takes the gradient of the block's output to that of its input, in place.</summary>
    /// <param name="dStream">[samples, T, D], zero but at class tokens.</param>
    public void Backward(StepWeights weights, int samples, Span<float> dStream, Span<float> gradients)
    {
        var (rows, sample, row) = (samples * _tokens, _tokens * _dim, 3 * _dim);
        var dBranch = _branch.AsSpan(0, samples * _dim);
        var dHidden = _dHidden.AsSpan(0, samples * _fc1.Outputs);
        _fc2.BackwardWeights(samples, _hidden, _fc2.Inputs, dStream, sample, gradients, 0, _dim);
        _fc2.BackwardInput(weights, samples, dStream, sample, dHidden, _fc2.Inputs, 0, _dim);
        RowOps.Multiply(_slopes.AsSpan(0, dHidden.Length), dHidden);
        _fc1.BackwardWeights(samples, _y2, dHidden, gradients);
        _fc1.BackwardInput(weights, samples, dHidden, dBranch, add: false);
        _norm2.Backward(weights, samples, dBranch, gradients, dStream, sample);

        _projection.BackwardWeights(samples, _attended, _dim, dStream, sample, gradients, 0, _dim);
        _projection.BackwardInput(weights, samples, dStream, sample, dBranch, _dim, 0, _dim);
        _attention.BackwardFirst(samples, _qkvValues, _probabilities, dBranch, _dQkv);
        _qkv.BackwardWeights(samples, _y1, sample, _dQkv, _tokens * row, gradients, 0, _dim);
        _qkv.BackwardWeights(rows, _y1, _dim, _dQkv, row, gradients, _dim, 2 * _dim);
        _qkv.BackwardInput(weights, rows, _dQkv, row, _dNormal, _dim, _dim, 2 * _dim);
        // Class tokens have a query besides.
        _qkv.BackwardInput(weights, samples, _dQkv, _tokens * row, _dNormal, sample, 0, row);
        _norm1.Backward(weights, rows, _dNormal, gradients, dStream, _dim);
    }

    void AddBranch(int samples, Span<float> stream)
    {
        for (var s = 0; s < samples; s++) RowOps.Add(_branch.AsSpan(s * _dim, _dim), stream.Slice(s * _tokens * _dim, _dim));
    }
}
