using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.FineTuning;

/// <summary>
/// From the first token's state to outputs: a matrix, in BERT's family with another and a curve before it. The part that does not learn comes first, and what
/// it gives are the features that a probe keeps.
/// </summary>
sealed class EncoderHead
{
    readonly EncoderShape _shape;
    readonly int _width;
    readonly DenseLayer? _dense;
    readonly DenseLayer _last;
    readonly bool _denseLearns;
    readonly Dropout _dropout;
    readonly float[] _state;
    readonly float[] _input;
    readonly float[] _hidden;
    readonly float[] _slopes;
    readonly float[] _dHidden;

    public EncoderHead(EncoderLayout layout, LoraSettings? lora, int samples)
    {
        (_shape, _width, _dropout) = (layout.Shape, layout.Shape.Width, new(layout.Shape.HeadDropout));
        var name = _shape.Family switch { EncoderFamily.Bert => $"{_shape.Prefix}pooler.dense", EncoderFamily.DistilBert => "pre_classifier", EncoderFamily.Roberta => "classifier.dense", _ => null };
        if (name is not null) (_dense, _denseLearns) = (new(layout.Matrix(name), lora, samples, isEach: true), layout.Matrix(name).Learns);
        _last = new(layout.Matrix(_shape.Family == EncoderFamily.Roberta ? "classifier.out_proj" : "classifier"), lora, samples, isEach: true);
        Features = new float[samples * _width];
        (_state, _input, _hidden, _slopes, _dHidden) = (new float[samples * _width], new float[samples * _width], new float[samples * _width], new float[samples * _width], new float[samples * _width]);
    }

    /// <summary>[samples, width]: what the learning part reads.</summary>
    public float[] Features { get; }

    /// <summary>The part that does not learn.</summary>
    /// <param name="states">[samples, width].</param>
    public void Prepare(EncoderWeights weights, Tile tile, ReadOnlySpan<float> states)
    {
        var features = Features.AsSpan(0, tile.Samples * _width);
        states = states[..features.Length];
        if (_dense is null || _denseLearns)
        {
            states.CopyTo(features);
            return;
        }
        states.CopyTo(_state);
        _dense.Forward(weights, tile, tile.Samples, _state, features);
        Curve(features);
    }

    /// <summary>The part that learns, from <see cref="Features"/>.</summary>
    /// <param name="outputs">[samples, outputs].</param>
    public void Forward(EncoderWeights weights, Tile tile, Span<float> outputs)
    {
        var length = tile.Samples * _width;
        Features.AsSpan(0, length).CopyTo(_input);
        var last = _input.AsSpan(0, length);
        if (_dense is not null && _denseLearns)
        {
            if (_shape.Family == EncoderFamily.Roberta) tile.DropEach(_dropout, Sites.HeadInput, _width, last);
            last = _hidden.AsSpan(0, length);
            _dense.Forward(weights, tile, tile.Samples, _input, last);
            Curve(last);
        }
        if (_shape.IsText) tile.DropEach(_dropout, Sites.HeadHidden, _width, last);
        _last.Forward(weights, tile, tile.Samples, last, outputs);
    }

    /// <summary>Adds gradients of what learns, and writes that of the states where it is asked for.</summary>
    /// <param name="dStates">Empty: nothing before the head learns.</param>
    public void Backward(EncoderWeights weights, Tile tile, ReadOnlySpan<float> dOutputs, Span<float> gradients, Span<float> dStates)
    {
        var (samples, length) = (tile.Samples, tile.Samples * _width);
        var usesDense = _dense is not null && _denseLearns;
        _last.BackwardWeights(weights, tile, samples, usesDense ? _hidden : _input, dOutputs, gradients);
        if (dStates.IsEmpty && !usesDense) return;
        var d = _dHidden.AsSpan(0, length);
        _last.BackwardInput(weights, tile, samples, dOutputs, d, add: false);
        if (_shape.IsText) tile.DropEach(_dropout, Sites.HeadHidden, _width, d);
        if (_dense is null)
        {
            d.CopyTo(dStates);
            return;
        }
        RowOps.Multiply(_slopes.AsSpan(0, length), d);
        _dense.BackwardWeights(weights, tile, samples, usesDense ? _input : _state, d, gradients);
        if (dStates.IsEmpty) return;
        _dense.BackwardInput(weights, tile, samples, d, dStates, add: false);
        if (usesDense && _shape.Family == EncoderFamily.Roberta) tile.DropEach(_dropout, Sites.HeadInput, _width, dStates);
    }

    void Curve(Span<float> values) => Activations.Apply(_shape.Family == EncoderFamily.DistilBert ? Activation.Relu : Activation.Tanh, values, _slopes);
}
