namespace ModelZoo.Profiling;

/// <summary>The broad kind of a model; decides which questions make sense.</summary>
public enum ModelFamily
{
    Unknown,
    DenseTransformer,
    MixtureOfExperts,
    StateSpace,
    Hybrid,
    Encoder,
    EncoderDecoder,
    VisionTransformer,
    DualEncoder,
    ConvolutionalNetwork,
    DiffusionUNet,
    DiffusionTransformer,
    Recommendation,
    Perceptron,
    Adapter,
}

/// <summary>What one unit of a model's work is.</summary>
public enum WorkUnit
{
    Token,
    Sequence,
    Image,
    Window,
    Call,
    Input,
}
