using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>A low-rank adapter in PEFT's files: pairs A [r, inputs] and B [outputs, r], and the factor α/r.</summary>
public sealed record LoraAdapter(string Name, IReadOnlyDictionary<string, LoraPair> Pairs)
{
    /// <summary>PEFT's names for an adapter's files.</summary>
    public const string ConfigFile = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";

    const string Wrapper = "base_model.model.";

    /// <summary>Numbers that one adapter may hold: it is kept in memory.</summary>
    const long MostNumbers = 1L << 28;

    /// <summary>The largest rank of its pairs; smaller ones are written with rows and columns of zeros.</summary>
    public int Rank => Pairs.Values.Max(pair => pair.Rank);

    /// <param name="config">adapter_config.json.</param>
    public static async Task<LoraAdapter> ReadAsync(string name, JsonElement config, IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        var rank = config.TryGetProperty("r", out var r) && r.TryGetInt32(out var rankValue) && rankValue > 0 ? rankValue : throw new MergeException($"The configuration of '{name}' does not say its rank r.");
        var alpha = config.TryGetProperty("lora_alpha", out var a) && a.TryGetDouble(out var alphaValue) ? alphaValue : throw new MergeException($"The configuration of '{name}' does not say lora_alpha.");
        foreach (var pattern in (string[])["rank_pattern", "alpha_pattern"])
            if (config.TryGetProperty(pattern, out var map) && map.ValueKind == JsonValueKind.Object && map.EnumerateObject().Any()) throw new MergeException($"'{name}' has other ranks or factors for some modules ({pattern}), which are not merged here.");
        if (Flag("use_dora")) throw new MergeException($"'{name}' is a DoRA adapter; its magnitudes cannot be added to a weight.");
        if (tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis))) > MostNumbers) throw new MergeException($"'{name}' holds more than {MostNumbers} numbers, which is no adapter.");
        if (config.TryGetProperty("modules_to_save", out var saved) && saved.ValueKind == JsonValueKind.Array && saved.GetArrayLength() > 0) throw new MergeException($"'{name}' keeps whole modules beside its pairs (modules_to_save), which are not merged here.");
        if (config.TryGetProperty("bias", out var bias) && bias.ValueKind == JsonValueKind.String && bias.GetString() is not ("none" or null)) throw new MergeException($"'{name}' changes biases, which are not merged here.");
        var scale = Flag("use_rslora") ? alpha / Math.Sqrt(rank) : alpha / rank;
        var pairs = new Dictionary<string, LoraPair>(StringComparer.Ordinal);
        foreach (var tensor in tensors.Where(tensor => tensor.Name.Contains(LoraNames.A, StringComparison.Ordinal)))
        {
            var other = tensors.FirstOrDefault(each => each.Name == tensor.Name.Replace(LoraNames.A, LoraNames.B, StringComparison.Ordinal)) ?? throw new MergeException($"'{tensor.Name}' has no other half.");
            if (tensor.Shape.Count != 2 || other.Shape.Count != 2 || tensor.Shape[0] != other.Shape[1]) throw new MergeException($"The halves of '{tensor.Name}' do not fit together.");
            var target = tensor.Name[..tensor.Name.IndexOf(LoraNames.A, StringComparison.Ordinal)];
            if (target.StartsWith(Wrapper, StringComparison.Ordinal)) target = target[Wrapper.Length..];
            pairs.Add($"{target}.weight", new(await AllAsync(tensor), await AllAsync(other), (int)tensor.Shape[0], (int)tensor.Shape[1], (int)other.Shape[0], scale));
        }
        return pairs.Count > 0 ? new(name, pairs) : throw new MergeException($"'{name}' holds no pairs of lora_A and lora_B.");

        bool Flag(string key) => config.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.True;

        async Task<double[]> AllAsync(TensorContent tensor)
        {
            var values = new double[tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis))];
            await new WideReader().ReadAsync(tensor, 0, values, stop);
            return values;
        }
    }

    /// <summary>Its tensors under PEFT's names, in float32 and with the factor put into B, so that α/r is 1.</summary>
    public IReadOnlyList<TensorContent> ToTensors()
    {
        var rank = Rank;
        var tensors = new List<TensorContent>();
        foreach (var (target, pair) in Pairs.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            var module = Wrapper + (target.EndsWith(".weight", StringComparison.Ordinal) ? target[..^".weight".Length] : target);
            var (a, b) = (new float[rank * pair.Inputs], new float[pair.Outputs * rank]);
            for (var i = 0; i < pair.A.Length; i++) a[i] = (float)pair.A[i];
            for (var o = 0; o < pair.Outputs; o++)
                for (var k = 0; k < pair.Rank; k++) b[o * rank + k] = (float)(pair.Scale * pair.B[o * pair.Rank + k]);
            tensors.Add(Content($"{module}{LoraNames.A}weight", [rank, pair.Inputs], a));
            tensors.Add(Content($"{module}{LoraNames.B}weight", [pair.Outputs, rank], b));
        }
        return tensors;

        static TensorContent Content(string name, long[] shape, float[] values)
        {
            var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            return new(name, DType.F32, shape, new MemoryByteSource(bytes), 0, bytes.Length);
        }
    }

    /// <summary>adapter_config.json of <see cref="ToTensors"/>: another adapter's of the same base, with this one's rank.</summary>
    public JsonObject ToConfig(JsonElement like)
    {
        var config = JsonNode.Parse(like.GetRawText())!.AsObject();
        (config["r"], config["lora_alpha"], config["use_rslora"]) = (Rank, Rank, false);
        config["target_modules"] = new JsonArray([.. Pairs.Keys.Select(target => (target.EndsWith(".weight", StringComparison.Ordinal) ? target[..^".weight".Length] : target).Split('.')[^1]).Distinct().Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]);
        return config;
    }
}
