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
        _head = new(Layout, model.Features, head);
        Features = new float[TileSamples * model.Features];
        DFeatures = new float[TileSamples * model.Features];
    }

    public Architecture Model { get; }

    public ParameterLayout Layout { get; }

    public int Outputs => _head.Outputs;

    /// <summary>[samples, features]: what the head reads, after <see cref="Forward"/>.</summary>
    public float[] Features { get; }

    protected float[] DFeatures { get; }

    protected int Samples { get; private set; }

    public static NetworkPass Of(Architecture model, HeadShape head) => model.Family switch
    {
        Family.Vit => new VitPass(model, head),
        Family.Mlp => new MlpPass(model, head),
        _ => new CnnPass(model, head),
    };

    /// <param name="images">[samples, channels, side, side].</param>
    /// <param name="outputs">[samples, outputs].</param>
    public void Forward(StepWeights weights, ReadOnlySpan<float> images, int samples, Span<float> outputs)
    {
        if (samples is < 1 or > TileSamples) throw new ArgumentOutOfRangeException(nameof(samples));
        Samples = samples;
        ForwardBackbone(weights, images);
        _head.Forward(weights, Features, samples, outputs);
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
