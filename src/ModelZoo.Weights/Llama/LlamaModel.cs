using ModelZoo.Weights.Conversion;

namespace ModelZoo.Weights.Llama;

/// <summary>A model of the Llama family, ready to be written as GGUF.</summary>
sealed record LlamaModel(IReadOnlyList<TensorContent> Tensors, GgufMetadata Metadata, IReadOnlyList<string> Remarks)
{
    const uint QuantizationVersion = 2;        // GGML_QNT_VERSION in ggml/include/ggml.h

    /// <summary>Which type most of a file is: enum llama_ftype in llama.cpp's include/llama.h.</summary>
    static readonly Dictionary<DType, uint> s_fileTypes = new()
    {
        [DType.F32] = 0, [DType.F16] = 1, [DType.Q40] = 2, [DType.Q80] = 7, [DType.Q4K] = 14, [DType.BF16] = 32,
    };

    public static async Task<LlamaModel> ReadAsync(IModelFiles files, ModelContent content, ConversionOptions options, CancellationToken stop)
    {
        if (options.Type is { } wanted && !s_fileTypes.ContainsKey(wanted))
            throw new ConversionException($"GGUF files are written as {string.Join(", ", s_fileTypes.Keys)}; {wanted} is none of them.");
        var config = LlamaConfig.Read(await JsonFile.FindAsync(files, "config.json", stop) ?? throw new ConversionException("A GGUF file needs the model's config.json; there is none."));
        var named = new LlamaTensors(config).Name(content);
        var remarks = new List<string>();
        var type = options.Type ?? FindUsual(named);
        var tensors = named.Select(tensor => EncodedSource.Of(tensor, ChooseType(tensor, type, remarks))).ToList();
        if (RopeScaling.Read(config).FindFrequencies() is { } frequencies) tensors.Insert(0, frequencies);
        var metadata = new GgufMetadata().Add("general.architecture", config.Architecture).Add("general.type", "model");
        if (options.ModelName is { Length: > 0 } name) metadata.Add("general.name", name);
        config.Describe(metadata);
        metadata.Add("general.file_type", s_fileTypes[type]);
        await Tokenizer.DescribeAsync(files, config, metadata, remarks, stop);
        metadata.Add("general.quantization_version", QuantizationVersion);
        return new(tensors, metadata, remarks);
    }

    /// <summary>The type of most numbers, if ggml computes with it; F16 stands for narrower ones, F32 for wider.</summary>
    static DType FindUsual(IReadOnlyList<TensorContent> tensors)
    {
        var usual = tensors.Where(tensor => tensor.Shape.Count > 1).GroupBy(tensor => tensor.DType).MaxBy(group => group.Sum(tensor => Shapes.GetElementCount(tensor.Shape)))!.Key;
        return usual == DType.F16 || usual == DType.BF16 || usual == DType.F32 ? usual : usual == DType.F64 ? DType.F32 : DType.BF16;
    }

    /// <summary>
    /// ggml adds and multiplies norms, biases and routers in 32 bits and wants them so; rows that do not fill the blocks of a quantised type get the
    /// next best one.
    /// </summary>
    static DType ChooseType(TensorContent tensor, DType type, List<string> remarks)
    {
        if (tensor.Shape.Count < 2 || tensor.Name.EndsWith("_norm.weight", StringComparison.Ordinal)
            || tensor.Name.EndsWith(".ffn_gate_inp.weight", StringComparison.Ordinal) || !tensor.Name.EndsWith(".weight", StringComparison.Ordinal)) return DType.F32;
        if (tensor.Shape[^1] % type.ElementsPerBlock == 0) return type;
        var fallback = tensor.Shape[^1] % DType.Q80.ElementsPerBlock == 0 ? DType.Q80 : DType.F16;
        remarks.Add($"Rows of '{tensor.Name}' have {tensor.Shape[^1]} numbers, which do not fill blocks of {type}; it is {fallback}.");
        return fallback;
    }
}
