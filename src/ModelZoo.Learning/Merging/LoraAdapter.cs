using System.Text.Json;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>A low-rank adapter in PEFT's files: pairs A [r, inputs] and B [outputs, r], and the factor α/r.</summary>
public sealed record LoraAdapter(string Name, IReadOnlyDictionary<string, LoraPair> Pairs)
{
    const string Wrapper = "base_model.model.";

    /// <param name="config">adapter_config.json.</param>
    public static async Task<LoraAdapter> ReadAsync(string name, JsonElement config, IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        var rank = config.TryGetProperty("r", out var r) && r.TryGetInt32(out var rankValue) && rankValue > 0 ? rankValue : throw new MergeException($"The configuration of '{name}' does not say its rank r.");
        var alpha = config.TryGetProperty("lora_alpha", out var a) && a.TryGetDouble(out var alphaValue) ? alphaValue : throw new MergeException($"The configuration of '{name}' does not say lora_alpha.");
        foreach (var pattern in (string[])["rank_pattern", "alpha_pattern"])
            if (config.TryGetProperty(pattern, out var map) && map.ValueKind == JsonValueKind.Object && map.EnumerateObject().Any()) throw new MergeException($"'{name}' has other ranks or factors for some modules ({pattern}), which are not merged here.");
        if (Flag("use_dora")) throw new MergeException($"'{name}' is a DoRA adapter; its magnitudes cannot be added to a weight.");
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
}
