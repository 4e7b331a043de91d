using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>Fully connected layers over the pixels, each followed by the activation and dropout.</summary>
sealed class MlpPass : NetworkPass
{
    readonly LinearLayer[] _layers;
    readonly Dropout[] _dropouts;
    readonly float[][] _values;
    readonly float[][] _slopes;
    readonly float[][] _gradients;
    readonly float[] _images;

    public MlpPass(Architecture model, HeadShape head) : base(model, head)
    {
        _layers = [.. Enumerable.Range(0, model.Hidden.Count).Select(i => new LinearLayer(Layout, $"layers.{i}"))];
        _dropouts = [.. model.Hidden.Select(AddDropout)];
        _values = [.. model.Hidden.Select(width => new float[TileSamples * width])];
        _slopes = [.. model.Hidden.Select(width => new float[TileSamples * width])];
        _gradients = [.. model.Hidden.Select(width => new float[TileSamples * width])];
        _images = new float[TileSamples * model.Pixels];
    }

    protected override void ForwardBackbone(StepWeights weights, ReadOnlySpan<float> images)
    {
        images[..(Samples * Model.Pixels)].CopyTo(_images);
        var from = _images;
        for (var i = 0; i < _layers.Length; i++)
        {
            var values = _values[i].AsSpan(0, Samples * _layers[i].Outputs);
            _layers[i].Forward(weights, Samples, from, values);
            Activations.Apply(Model.Activation, values, _slopes[i]);
            _dropouts[i].Forward(values, _slopes[i]);
            from = _values[i];
        }
        from.AsSpan(0, Samples * Model.Features).CopyTo(Features);
    }

    protected override void BackwardBackbone(StepWeights weights, ReadOnlySpan<float> dFeatures, Span<float> gradients)
    {
        dFeatures.CopyTo(_gradients[^1]);
        for (var i = _layers.Length - 1; i >= 0; i--)
        {
            var length = Samples * _layers[i].Outputs;
            RowOps.Multiply(_slopes[i].AsSpan(0, length), _gradients[i]);
            _layers[i].BackwardWeights(Samples, i > 0 ? _values[i - 1] : _images, _gradients[i].AsSpan(0, length), gradients);
            if (i > 0) _layers[i].BackwardInput(weights, Samples, _gradients[i].AsSpan(0, length), _gradients[i - 1], add: false);
        }
    }
}
