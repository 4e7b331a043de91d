using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>The head of a network: one matrix, or two with ReLU between them, and dropout behind it.</summary>
sealed class HeadPass
{
    readonly LinearLayer _last;
    readonly LinearLayer? _first;
    readonly Dropout? _dropout;
    readonly float[] _hidden;
    readonly float[] _slopes;
    readonly float[] _dHidden;

    public HeadPass(NetworkPass pass, int features, HeadShape head)
    {
        if (head.Kind == HeadKind.Linear) _last = new(pass.Layout, "head");
        else (_first, _last, _dropout) = (new(pass.Layout, "head.0"), new(pass.Layout, "head.2"), pass.AddDropout(head.Hidden));
        _hidden = new float[NetworkPass.TileSamples * head.Hidden];
        _slopes = new float[_hidden.Length];
        _dHidden = new float[_hidden.Length];
        if (features != (_first ?? _last).Inputs) throw new ArgumentException("The head does not fit the features.", nameof(features));
    }

    public int Outputs => _last.Outputs;

    public void Forward(StepWeights weights, ReadOnlySpan<float> features, int samples, Span<float> outputs)
    {
        if (_first is null)
        {
            _last.Forward(weights, samples, features, outputs);
            return;
        }
        var hidden = _hidden.AsSpan(0, samples * _first.Outputs);
        _first.Forward(weights, samples, features, hidden);
        Activations.Apply(Activation.Relu, hidden, _slopes);
        _dropout!.Forward(hidden, _slopes);
        _last.Forward(weights, samples, hidden, outputs);
    }

    public void Backward(StepWeights weights, ReadOnlySpan<float> features, int samples, ReadOnlySpan<float> dOutputs, Span<float> gradients, Span<float> dFeatures)
    {
        if (_first is null)
        {
            _last.BackwardWeights(samples, features, dOutputs, gradients);
            _last.BackwardInput(weights, samples, dOutputs, dFeatures, add: false);
            return;
        }
        var length = samples * _first.Outputs;
        _last.BackwardWeights(samples, _hidden.AsSpan(0, length), dOutputs, gradients);
        _last.BackwardInput(weights, samples, dOutputs, _dHidden, add: false);
        RowOps.Multiply(_slopes.AsSpan(0, length), _dHidden);
        _first.BackwardWeights(samples, features, _dHidden.AsSpan(0, length), gradients);
        _first.BackwardInput(weights, samples, _dHidden.AsSpan(0, length), dFeatures, add: false);
    }
}
