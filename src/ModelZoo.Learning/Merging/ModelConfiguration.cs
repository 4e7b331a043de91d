using System.Text.Json.Nodes;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>A config.json beside weights that a merge made.</summary>
public static class ModelConfiguration
{
    static readonly string[] s_layers = ["num_hidden_layers", "n_layer", "num_layers"];
    static readonly string[] s_types = ["torch_dtype", "dtype"];

    /// <summary>Says how many layers there are now, the type that was written, where it says so at all, and what a new head tells apart. False when nothing had to change.</summary>
    public static bool Fit(JsonObject config, IReadOnlyList<TensorContent> tensors, MergedHead? head = null)
    {
        var changed = head?.Fit(config) ?? false;
        var layers = LayerNames.Count(tensors.Select(tensor => tensor.Name));
        foreach (var key in s_layers)
            if (layers > 0 && config[key] is JsonValue value && value.TryGetValue(out long said) && said != layers) (config[key], changed) = (layers, true);
        var types = tensors.Where(tensor => tensor.DType.IsFloating).Select(tensor => tensor.DType).Distinct().ToList();
        foreach (var key in s_types)
            if (types is [var only] && Word(only) is { } word && config[key] is JsonValue value && value.TryGetValue(out string? said) && said != word) (config[key], changed) = (word, true);
        return changed;
    }

    static string? Word(DType type) => type == DType.F32 ? "float32" : type == DType.F16 ? "float16" : type == DType.BF16 ? "bfloat16" : type == DType.F64 ? "float64" : null;
}
