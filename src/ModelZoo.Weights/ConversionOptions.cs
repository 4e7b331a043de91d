namespace ModelZoo.Weights;

/// <summary>The formats that models are converted to.</summary>
public enum ConversionTarget
{
    Safetensors,
    Gguf,
    Npz,
}

/// <summary>What to make of a model.</summary>
public sealed record ConversionOptions(ConversionTarget Target)
{
    /// <summary>
    /// The type that floating-point tensors get; null leaves them as they are. For GGUF the type of the matrices, which may be Q8_0, Q4_0 or Q4_K;
    /// norms and biases are F32 there.
    /// </summary>
    public DType? Type { get; init; }

    /// <summary>Write several files of at most so many bytes of tensors each; null writes one.</summary>
    public long? MaxShardBytes { get; init; }

    /// <summary>The name that GGUF's metadata gives the model; the folder's when null.</summary>
    public string? ModelName { get; init; }

    /// <summary>Refuse, before anything is written, to make more bytes of tensors than this.</summary>
    public long? MaxBytes { get; init; }

    public IProgress<ConversionProgress>? Progress { get; init; }
}

/// <summary>How far a conversion is, in bytes written of all that will be.</summary>
public readonly record struct ConversionProgress(string Tensor, long DoneBytes, long TotalBytes);

/// <summary>What a conversion made.</summary>
/// <param name="Files">Full paths, the index of several last.</param>
/// <param name="TensorBytes">Without headers.</param>
/// <param name="SharedNames">Tensors that were left out because another holds the same memory, and that other's name.</param>
/// <param name="Remarks">Things worth knowing that are no defect, in plain sentences.</param>
public sealed record ConversionOutcome(
    WeightFormat From, IReadOnlyList<string> Files, int Tensors, long TensorBytes,
    IReadOnlyDictionary<string, string> SharedNames, IReadOnlyList<string> Remarks);
