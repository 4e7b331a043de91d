namespace ModelZoo.Profiling;

/// <summary>So many numbers of one stored type.</summary>
public sealed record DTypeShare(string DType, int Tensors, long Parameters, long Bytes);

/// <summary>So many parameters of one component.</summary>
public sealed record ComponentShare(Component Component, long Parameters, Origin Origin);

/// <summary>A file beside the model that is loaded with it when someone wants it: a projector for pictures, a draft model, an adapter.</summary>
public sealed record Companion(string Path, string Kind, long Bytes);

/// <summary>One part of a composite model: a tower, a text encoder, an autoencoder.</summary>
public sealed record ProfilePart(string Name, Profile Profile);

/// <summary>What a model is in numbers, whatever it runs on. Each figure says how it was obtained; what could not be known is in <see cref="NotMeasured"/> with the reason.</summary>
public sealed record Profile
{
    /// <summary>Grows when the rules of this library change, so that kept profiles are made anew.</summary>
    public const int Version = 1;

    public ModelFamily Family { get; init; }

    /// <summary>The name of the design: <c>llama</c>, <c>UNet2DConditionModel</c>.</summary>
    public string? ModelType { get; init; }

    public string? Name { get; init; }

    public ModelShape Shape { get; init; } = new();

    public Figure? Parameters { get; init; }

    /// <summary>Parameters that one token uses; the same as <see cref="Parameters"/> without experts. The embedding counts.</summary>
    public Figure? ActiveParameters { get; init; }

    /// <summary>As <see cref="ActiveParameters"/>, without the embedding: publishers differ.</summary>
    public Figure? ActiveWithoutEmbedding { get; init; }

    /// <summary>Weights that take part in the matrix products of one token.</summary>
    public Figure? MatrixWeights { get; init; }

    /// <summary>Bytes of all tensors as they are stored.</summary>
    public Figure? WeightBytes { get; init; }

    /// <summary>FLOP of one unit: a token at context 0, a sequence of 128 tokens, an image, a call.</summary>
    public Figure? FlopPerUnit { get; init; }

    /// <summary>Bytes cached per token at 16 bit, all layers within their windows.</summary>
    public Figure? CacheBytesPerToken { get; init; }

    /// <summary>Bytes of fixed state per sequence at 16 bit.</summary>
    public Figure? StateBytes { get; init; }

    /// <summary>Numbers that layers write for one unit.</summary>
    public Figure? ActivationElements { get; init; }

    public Figure? PeakActivationElements { get; init; }

    /// <summary>Extra prediction layers stored beside the main model.</summary>
    public Figure? DraftParameters { get; init; }

    /// <summary>Parameters of embedding and untied head; some quantisations leave them alone.</summary>
    public double EmbeddingAndHead { get; init; }

    /// <summary>Bits per weight that a step reads, scales included, buffers and second copies left out; null without headers.</summary>
    public double? MatrixBits { get; init; }

    /// <summary>The same for the output head, which quantisations often leave wider.</summary>
    public double? HeadBits { get; init; }

    public IReadOnlyList<ComponentShare> Components { get; init; } = [];

    /// <summary>By stored type, largest first; empty without tensor headers.</summary>
    public IReadOnlyList<DTypeShare> DTypes { get; init; } = [];

    public int TensorCount { get; init; }

    /// <summary>What estimates compute with; null when no work can be told.</summary>
    public WorkModel? Work { get; init; }

    /// <summary>Matrices as (inputs, outputs, copies), for adapters; empty when only headers are known.</summary>
    public IReadOnlyList<WeightGroup> Groups { get; init; } = [];

    public IReadOnlyList<ProfilePart> Parts { get; init; } = [];

    /// <summary>Files beside the model that may be loaded with it; not part of any sum.</summary>
    public IReadOnlyList<Companion> Companions { get; init; } = [];

    /// <summary>Things a reader should know: causes of differences, assumptions, remarks.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>What could not be known, and why.</summary>
    public IReadOnlyDictionary<string, string> NotMeasured { get; init; } = new Dictionary<string, string>();

    /// <summary>The count from headers and the closed form over the configuration agree, or differ by a named cause.</summary>
    public bool? IsVerified { get; init; }

    /// <summary>FLOP of the way back: gradients of inputs and of weights cost one forward pass each.</summary>
    public Figure? BackwardFlopPerUnit => FlopPerUnit is { } forward ? new(2 * forward.Value, forward.Origin, "2 × forward") : null;

    /// <summary>FLOP per byte of one unit alone, weights as stored or in 16 bit: the least that batching starts from.</summary>
    public Figure? Intensity
    {
        get
        {
            if (FlopPerUnit is not { } flop || Work is not { } work || Parameters is not { } parameters) return null;
            var bits = BitsPerParameter ?? 16;
            var bytes = (work.HasDecoder ? work.TokenWeights : work.IsEncoder ? work.EncoderWeights : parameters.Value) * bits / 8 + (work.HasDecoder || work.IsEncoder ? 0 : 4 * work.ActivationElements);
            return bytes > 0 ? new(flop.Value / bytes, flop.Origin, $"batch 1, {bits:0.##} bits per weight") : null;
        }
    }

    /// <summary>Bits per parameter as stored.</summary>
    public double? BitsPerParameter => WeightBytes is { } bytes && Parameters is { Value: > 0 } count ? 8 * bytes.Value / count.Value : null;
}
