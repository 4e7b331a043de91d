using ModelZoo.Weights.Conversion;
using ModelZoo.Weights.Llama;

namespace ModelZoo.Weights;

/// <summary>
/// Converts a model's weights: streamed, in bounded memory, and so that the output appears only when it is complete and durable. Nothing that a file
/// says is ever executed.
/// </summary>
public static class WeightConverter
{
    /// <param name="files">The model: its weights, and for GGUF its config.json and tokenizer.json.</param>
    /// <param name="name">The file with the weights, or an index of several; null finds it by its usual name.</param>
    /// <param name="output">Path of the file to write; parts of a sharded model get numbers in their names.</param>
    /// <exception cref="WeightFormatException">A file breaks the rules of its format.</exception>
    /// <exception cref="ConversionException">The model cannot be converted as asked.</exception>
    public static async Task<ConversionOutcome> ConvertAsync(IModelFiles files, string? name, string output, ConversionOptions options, CancellationToken stop)
    {
        output = Path.GetFullPath(output);
        using var content = await ModelContent.OpenAsync(files, name, stop);
        await using var staged = new StagedFiles();
        var outcome = options.Target switch
        {
            ConversionTarget.Safetensors => await WriteSafetensorsAsync(content, output, options, staged, stop),
            ConversionTarget.Npz => await WriteNpzAsync(content, output, options, staged, stop),
            _ => await WriteGgufAsync(files, content, output, options, staged, stop),
        };
        await staged.CommitAsync(stop);
        return outcome;
    }

    static async Task<ConversionOutcome> WriteSafetensorsAsync(ModelContent content, string output, ConversionOptions options, StagedFiles staged, CancellationToken stop)
    {
        var tensors = Cast(content.Tensors, options.Type);
        foreach (var tensor in tensors)
        {
            if (!SafetensorsWriter.CanWrite(tensor.DType)) throw Unwritable(tensor, "safetensors");
            if (tensor.Name == "__metadata__") throw new ConversionException("A tensor is named '__metadata__', a name that safetensors keeps for itself.");
        }
        // What PyTorch saved is marked as the reference marks it, and each left-out name points to the one that was kept.
        var metadata = new Dictionary<string, string>(content.Metadata, StringComparer.Ordinal);
        if (content.Format is WeightFormat.PyTorchZip or WeightFormat.PyTorchLegacy) metadata["format"] = "pt";
        foreach (var (shared, kept) in content.SharedNames) metadata[shared] = kept;
        var shards = ShardPlan.Split(tensors, options.MaxShardBytes);
        var report = Report(tensors, options);
        RequireRoom(tensors, options);
        for (var i = 0; i < shards.Count; i++)
            await SafetensorsWriter.WriteAsync(staged.Open(ShardPlan.Name(output, i, shards.Count), shards[i].Sum(tensor => tensor.ByteLength)), shards[i], metadata, report, stop);
        if (shards.Count > 1) await ShardPlan.WriteIndexAsync(staged.Open($"{output}.index.json"), output, shards, stop);
        return Outcome(content, tensors, staged, []);
    }

    static async Task<ConversionOutcome> WriteNpzAsync(ModelContent content, string output, ConversionOptions options, StagedFiles staged, CancellationToken stop)
    {
        if (options.MaxShardBytes is not null) throw new ConversionException("An npz archive is one file; it cannot be split.");
        var tensors = Cast(content.Tensors, options.Type);
        foreach (var tensor in tensors)
            if (NpzWriter.FindDescriptor(tensor.DType) is null) throw Unwritable(tensor, "npz");
        RequireRoom(tensors, options);
        await NpzWriter.WriteAsync(staged.Open(output, tensors.Sum(tensor => tensor.ByteLength)), tensors, Report(tensors, options), stop);
        return Outcome(content, tensors, staged, []);
    }

    static async Task<ConversionOutcome> WriteGgufAsync(
        IModelFiles files, ModelContent content, string output, ConversionOptions options, StagedFiles staged, CancellationToken stop)
    {
        var model = await LlamaModel.ReadAsync(files, content, options, stop);
        var shards = ShardPlan.Split(model.Tensors, options.MaxShardBytes);
        var report = Report(model.Tensors, options);
        RequireRoom(model.Tensors, options);
        for (var i = 0; i < shards.Count; i++)
        {
            var metadata = i == 0 ? model.Metadata : new GgufMetadata();
            if (shards.Count > 1)
                metadata.Add("split.no", (ushort)i).Add("split.count", (ushort)shards.Count).Add("split.tensors.count", model.Tensors.Count);
            await GgufWriter.WriteAsync(staged.Open(ShardPlan.Name(output, i, shards.Count), shards[i].Sum(tensor => tensor.ByteLength)), shards[i], metadata, report, stop);
        }
        return Outcome(content, model.Tensors, staged, model.Remarks);
    }

    /// <summary>
    /// Compares what was written with the original, tensor by tensor, the original cast again where a cast was asked for. Reads both once.
    /// </summary>
    /// <returns>How many bytes of tensors were compared and are equal; null for GGUF, whose tensors have other names and orders.</returns>
    /// <exception cref="ConversionException">They differ.</exception>
    public static async Task<long?> VerifyAsync(IModelFiles files, string? name, ConversionOutcome outcome, ConversionOptions options, CancellationToken stop)
    {
        if (options.Target == ConversionTarget.Gguf) return null;
        using var original = await ModelContent.OpenAsync(files, name, stop);
        var written = outcome.Files[^1];
        using var copy = await ModelContent.OpenAsync(new FolderFiles(Path.GetDirectoryName(written)!), Path.GetFileName(written), stop);
        return await TensorComparison.CompareAsync(Cast(original.Tensors, options.Type), copy.Tensors, stop);
    }

    static void RequireRoom(IReadOnlyList<TensorContent> tensors, ConversionOptions options)
    {
        Int128 bytes = 0;
        foreach (var tensor in tensors) bytes += tensor.ByteLength;
        if (options.MaxBytes is { } most && bytes > most) throw new ConversionException($"The tensors would take {bytes} bytes; there is room for {most}.");
    }

    /// <summary>Floating-point tensors as the wanted type; whole numbers and flags as they are.</summary>
    static List<TensorContent> Cast(IReadOnlyList<TensorContent> tensors, DType? type)
    {
        if (type is not null && !type.IsFloating) throw new ConversionException($"{type} is a type of GGUF; pass --to gguf, or a floating-point type.");
        return [.. tensors.Select(tensor => type is not null && TensorCast.CanDecode(tensor.DType) ? EncodedSource.Of(tensor, type) : tensor)];
    }

    static ConversionException Unwritable(TensorContent tensor, string format) => new(TensorCast.CanDecode(tensor.DType)
        ? $"{format} has no type {tensor.DType} (tensor '{tensor.Name}'): pass --dtype F32 or F16."
        : $"{format} has no type {tensor.DType} (tensor '{tensor.Name}'), and it is not converted.");

    static Action<string, long>? Report(IReadOnlyList<TensorContent> tensors, ConversionOptions options)
    {
        if (options.Progress is not { } progress) return null;
        var total = tensors.Sum(tensor => tensor.ByteLength);
        long done = 0;
        return (tensor, bytes) => progress.Report(new(tensor, done += bytes, total));
    }

    static ConversionOutcome Outcome(ModelContent content, IReadOnlyList<TensorContent> tensors, StagedFiles staged, IReadOnlyList<string> remarks) =>
        new(content.Format, staged.Targets, tensors.Count, tensors.Sum(tensor => tensor.ByteLength), content.SharedNames, [.. content.Remarks, .. remarks]);
}
