using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>
/// One tile of a batch on its way through a network: forward keeps what backward needs. Tiles have a fixed size and gradients are added tile by tile in
/// the order of samples, so a member's bytes do not depend on how many members train beside it.
/// </summary>
abstract class NetworkPass
{
    /// <summary>Samples of a tile: its activations stay in a core's second cache.</summary>
    public const int TileSamples = 16;

    readonly HeadPass _head;

    protected NetworkPass(Architecture model, HeadShape head)
    {
        Model = model;
        Layout = ParameterLayout.Of(model, head);
        _head = new(this, model.Features, head);
        Features = new float[TileSamples * model.Features];
        DFeatures = new float[TileSamples * model.Features];
    }

    public Architecture Model { get; }

    public ParameterLayout Layout { get; }

    public int Outputs => _head.Outputs;

    /// <summary>[samples, features]: what the head reads, after <see cref="Forward"/>.</summary>
    public float[] Features { get; }

    protected float[] DFeatures { get; }

    /// <summary>Of the tile last taken forward.</summary>
    public int Samples { get; private set; }

    /// <summary>What that tile drops; null where nothing is dropped, as whenever a model is only asked.</summary>
    public Drops? Drops { get; private set; }

    /// <summary>Numbers of a sample that can be dropped, all places together.</summary>
    public long DropUnits { get; private set; }

    public static NetworkPass Of(Architecture model, HeadShape head) => model.Family switch
    {
        Family.Vit => new VitPass(model, head),
        Family.Mlp => new MlpPass(model, head),
        _ => new CnnPass(model, head),
    };

    /// <param name="images">[samples, channels, side, side].</param>
    /// <param name="outputs">[samples, outputs].</param>
    /// <param name="drops">What training drops; null otherwise.</param>
    public void Forward(StepWeights weights, ReadOnlySpan<float> images, int samples, Span<float> outputs, Drops? drops = null)
    {
        if (samples is < 1 or > TileSamples) throw new ArgumentOutOfRangeException(nameof(samples));
        (Samples, Drops) = (samples, drops is { Rate: > 0 } ? drops : null);
        ForwardBackbone(weights, images);
        _head.Forward(weights, Features, samples, outputs);
    }

    /// <summary>A place where numbers are dropped. Their order is part of what a seed means: the head's first, then those of the backbone from its input on.</summary>
    /// <param name="units">Numbers of a sample there.</param>
    public Dropout AddDropout(int units)
    {
        var place = new Dropout(this, checked((int)DropUnits), units);
        DropUnits += units;
        return place;
    }

    /// <summary>Adds the gradients of the tile last taken forward.</summary>
    /// <param name="headOnly">The backbone is frozen.</param>
    public void Backward(StepWeights weights, ReadOnlySpan<float> dOutputs, Span<float> gradients, bool headOnly)
    {
        var dFeatures = DFeatures.AsSpan(0, Samples * Model.Features);
        _head.Backward(weights, Features, Samples, dOutputs, gradients, dFeatures);
        if (!headOnly) BackwardBackbone(weights, dFeatures, gradients);
    }

    protected abstract void ForwardBackbone(StepWeights weights, ReadOnlySpan<float> images);

    protected abstract void BackwardBackbone(StepWeights weights, ReadOnlySpan<float> dFeatures, Span<float> gradients);
}
