namespace ModelZoo.Weights;

/// <summary>What a model's weight files come to in numbers, the way Hugging Face clients expect it in <c>safetensors</c> and <c>gguf</c>.</summary>
/// <param name="ParametersByDType">Count of numbers per stored type, keyed by <see cref="DType.Name"/> in ordinal order.</param>
/// <param name="TotalBytes">Bytes of all tensors, without headers.</param>
/// <param name="Architecture">GGUF's <c>general.architecture</c>.</param>
/// <param name="ContextLength">GGUF's <c>{architecture}.context_length</c>.</param>
public sealed record WeightSummary(
    IReadOnlyDictionary<string, long> ParametersByDType, long TotalParameters, long TotalBytes,
    string? Architecture, long? ContextLength, string? ChatTemplate)
{
    /// <summary>Sums up the files of one model. Tensors that are the same piece of one PyTorch storage (tied weights) count once.</summary>
    /// <exception cref="OverflowException">The sum does not fit 64 bits; only a forged set of files does that.</exception>
    public static WeightSummary Of(params IReadOnlyCollection<WeightFile> files)
    {
        var parameters = new SortedDictionary<string, long>(StringComparer.Ordinal);
        long total = 0, bytes = 0;
        foreach (var file in files)
        {
            var seen = new HashSet<(string Storage, long Offset, long Count)>();
            foreach (var tensor in file.Tensors)
            {
                if (tensor.Storage is { } storage && !seen.Add((storage, tensor.Offset, tensor.ElementCount))) continue;
                checked
                {
                    parameters[tensor.DType.Name] = parameters.GetValueOrDefault(tensor.DType.Name) + tensor.ElementCount;
                    total += tensor.ElementCount;
                    bytes += tensor.ByteLength;
                }
            }
        }
        var described = files.FirstOrDefault(file => file.FindText("general.architecture") is not null);
        var architecture = described?.FindText("general.architecture");
        return new(parameters, total, bytes, architecture, described?.FindWhole($"{architecture}.context_length"),
            described?.FindText("tokenizer.chat_template"));
    }
}
