using System.Runtime.InteropServices;
using ModelZoo.Inference.Files;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Lora;

/// <summary>What an adapter adds to one module: s·B·A, A [rank, in], B [out, rank], both row-major.</summary>
/// <param name="Scale">s.</param>
/// <param name="Bias">Of B [out]; null: none.</param>
/// <param name="Magnitude">DoRA's lengths of the rows [out]; null: none.</param>
/// <param name="IsEmbedding">A table of vectors: A [rank, rows], B [width, rank], and what is added to the table is (B·A)ᵀ.</param>
public sealed record LoraPart(float[] A, int Inputs, float[] B, int Outputs, int Rank, double Scale, float[]? Bias, float[]? Magnitude, bool IsEmbedding);

/// <summary>A LoRA adapter in PEFT's layout: adapter_config.json and adapter_model.safetensors, read and checked against each other.</summary>
public sealed class LoraAdapter
{
    public const string WeightsName = "adapter_model.safetensors";

    const string Prefix = "base_model.model.";

    /// <summary>Adapters are held in memory; the largest published ones have a few hundred megabytes.</summary>
    const long MaxBytes = 2L << 30;

    LoraAdapter(AdapterConfig config, Dictionary<string, LoraPart> parts, Dictionary<string, (float[] Values, long[] Shape)> replaced) => (Config, Parts, Replaced) = (config, parts, replaced);

    public AdapterConfig Config { get; }

    /// <summary>By the path of the module in the base, such as <c>transformer.h.0.attn.c_attn</c>.</summary>
    public IReadOnlyDictionary<string, LoraPart> Parts { get; }

    /// <summary>Whole tensors that stand in place of the base's, by their name there: saved modules and biases.</summary>
    public IReadOnlyDictionary<string, (float[] Values, long[] Shape)> Replaced { get; }

    /// <exception cref="InferenceException">The files are no adapter, or contradict each other.</exception>
    public static async Task<LoraAdapter> ReadAsync(IModelFiles files, CancellationToken stop)
    {
        var config = AdapterConfig.Parse(await JsonParts.FindBytesAsync(files, AdapterConfig.FileName, stop) ?? throw JsonParts.Bad($"An adapter needs '{AdapterConfig.FileName}'."));
        if (files.Files.All(file => file.Path != WeightsName)) throw JsonParts.Bad($"An adapter needs '{WeightsName}'.");
        var source = await files.OpenAsync(WeightsName, stop);
        using var _ = source as IDisposable;
        try
        {
            if (source.Length > MaxBytes) throw new InferenceException(InferenceFault.Limit, $"'{WeightsName}' has {source.Length} bytes; at most {MaxBytes} are read.");
            var header = await WeightReader.ReadHeaderAsync(source, stop);
            var tensors = new Dictionary<string, (float[] Values, long[] Shape)>(StringComparer.Ordinal);
            foreach (var tensor in header.Tensors) tensors[tensor.Name] = (await ReadAsync(source, tensor, stop), [.. tensor.Shape]);
            return Build(config, tensors);
        }
        catch (WeightFormatException e)
        {
            throw new InferenceException(InferenceFault.Model, $"'{WeightsName}': {e.Message}", e);
        }
    }

    /// <summary>The numbers of a tensor in single precision, whatever width it is stored in.</summary>
    internal static async Task<float[]> ReadAsync(IByteSource source, TensorInfo tensor, CancellationToken stop)
    {
        if (tensor.Offset < 0 || !TensorCast.CanDecode(tensor.DType) || tensor.DType.ElementsPerBlock != 1)
            throw JsonParts.Bad($"The tensor '{tensor.Name}' of type {tensor.DType} is not read as numbers.");
        var bytes = new byte[checked((int)tensor.ByteLength)];
        for (var filled = 0; filled < bytes.Length;)
        {
            var read = await source.ReadAsync(tensor.Offset + filled, bytes.AsMemory(filled), stop);
            if (read <= 0) throw JsonParts.Bad($"The tensor '{tensor.Name}' ends too early.");
            filled += read;
        }
        var numbers = new float[checked((int)tensor.ElementCount)];
        TensorCast.Convert(tensor.DType, bytes, DType.F32, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    static LoraAdapter Build(AdapterConfig config, Dictionary<string, (float[] Values, long[] Shape)> tensors)
    {
        var (parts, replaced, used) = (new Dictionary<string, LoraPart>(StringComparer.Ordinal), new Dictionary<string, (float[], long[])>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var key in tensors.Keys.Where(key => key.EndsWith(".lora_A.weight", StringComparison.Ordinal) || key.EndsWith(".lora_embedding_A", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var isEmbedding = key.EndsWith(".lora_embedding_A", StringComparison.Ordinal);
            var stem = key[..key.LastIndexOf(".lora_", StringComparison.Ordinal)];
            var module = Module(stem);
            if (!config.Targets(module)) throw JsonParts.Bad($"The adapter changes '{module}', which its configuration does not name as a target.");
            var (rank, scale) = config.For(module);
            var (a, b) = (Take(key), Take(isEmbedding ? $"{stem}.lora_embedding_B" : $"{stem}.lora_B.weight"));
            if (a.Shape is not [var aRank, var inputs] || b.Shape is not [var outputs, var bRank]) throw JsonParts.Bad($"The matrices of '{module}' are no matrices; adapters of convolutions are not run.");
            if (aRank != rank || bRank != rank) throw JsonParts.Bad($"The matrices of '{module}' have the ranks {aRank} and {bRank}; the configuration says {rank}.");
            var bias = tensors.ContainsKey($"{stem}.lora_B.bias") ? Take($"{stem}.lora_B.bias").Values : null;
            var magnitude = Find($"{stem}.lora_magnitude_vector") ?? Find($"{stem}.lora_magnitude_vector.weight");
            if (config.UsesDora && magnitude is null) throw JsonParts.Bad($"'{module}' lacks 'lora_magnitude_vector'.");
            if (magnitude is not null && isEmbedding) throw JsonParts.Bad($"The magnitudes of the table '{module}' are not run; DoRA is run for matrices.");
            if ((bias is not null && bias.Length != outputs) || (magnitude is not null && magnitude.Length != outputs)) throw JsonParts.Bad($"A vector of '{module}' has not the length {outputs}.");
            parts[module] = new(a.Values, checked((int)inputs), b.Values, checked((int)outputs), rank, scale, bias, magnitude, isEmbedding);
        }
        if (parts.Count == 0) throw JsonParts.Bad($"'{WeightsName}' holds no LoRA matrices.");
        foreach (var (key, tensor) in tensors)
        {
            if (used.Contains(key)) continue;
            var name = SavedName(key, config) ?? throw JsonParts.Bad($"The tensor '{key}' of the adapter belongs to no target and to no saved module.");
            replaced[name] = (tensor.Values, tensor.Shape);
        }
        return new(config, parts, replaced);

        (float[] Values, long[] Shape) Take(string key)
        {
            used.Add(key);
            return tensors.TryGetValue(key, out var tensor) ? tensor : throw JsonParts.Bad($"The adapter lacks '{key}'.");
        }

        float[]? Find(string key) => tensors.ContainsKey(key) ? Take(key).Values : null;
    }

    static string Module(string stem) => stem.StartsWith(Prefix, StringComparison.Ordinal) ? stem[Prefix.Length..] : throw JsonParts.Bad($"The key '{stem}' of the adapter does not begin with '{Prefix}'.");

    /// <summary>The base's name of a tensor that is stored whole: of a saved module, or a bias where biases were trained.</summary>
    static string? SavedName(string key, AdapterConfig config)
    {
        var name = Module(key).Replace(".modules_to_save.", ".", StringComparison.Ordinal).Replace(".base_layer.", ".", StringComparison.Ordinal);
        if (config.Bias != "none" && name.EndsWith(".bias", StringComparison.Ordinal)) return name;
        var module = name.LastIndexOf('.') is > 0 and var dot ? name[..dot] : name;
        return config.ModulesToSave.Any(saved => $".{module}.".Contains($".{saved}.", StringComparison.Ordinal)) ? name : null;
    }
}
