using ModelZoo.Weights.Conversion;

namespace ModelZoo.Weights;

/// <summary>Writes a whole model as safetensors: streamed, in one file or several with an index, and so that it appears only when it is complete and durable.</summary>
public static class SafetensorsModel
{
    /// <param name="output">Path of a single file; parts get numbers in their names and an index beside them.</param>
    /// <returns>Full paths, the index of several last.</returns>
    /// <exception cref="ConversionException">A tensor's type or name has no place in the format.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        string output, IReadOnlyList<TensorContent> tensors, IReadOnlyDictionary<string, string> metadata, long? maxShardBytes, IProgress<ConversionProgress>? progress, CancellationToken stop)
    {
        output = Path.GetFullPath(output);
        foreach (var tensor in tensors)
            if (!SafetensorsWriter.CanWrite(tensor.DType)) throw new ConversionException($"safetensors has no type {tensor.DType} (tensor '{tensor.Name}').");
        var total = tensors.Sum(tensor => tensor.ByteLength);
        long done = 0;
        Action<string, long>? report = progress is null ? null : (tensor, bytes) => progress.Report(new(tensor, done += bytes, total));
        var shards = ShardPlan.Split(tensors, maxShardBytes);
        await using var staged = new StagedFiles();
        for (var i = 0; i < shards.Count; i++)
            await SafetensorsWriter.WriteAsync(staged.Open(ShardPlan.Name(output, i, shards.Count), shards[i].Sum(tensor => tensor.ByteLength)), shards[i], metadata, report, stop);
        if (shards.Count > 1) await ShardPlan.WriteIndexAsync(staged.Open($"{output}.index.json"), output, shards, stop);
        await staged.CommitAsync(stop);
        return staged.Targets;
    }
}
