namespace ModelZoo.Profiling.Architectures;

/// <summary>Which layers look back how far: a per-layer list where the configuration has one, else the family's rule (workloads.md § 5.2).</summary>
static class AttentionPlan
{
    public static (AttentionKind Kind, long Window) Of(string modelType, ModelConfig config, int layer, IReadOnlyList<string>? types)
    {
        var window = config.FindWhole("sliding_window") ?? 0;
        var chunk = config.FindWhole("attention_chunk_size") ?? 0;
        if (types is not null && layer < types.Count)
        {
            return types[layer] switch
            {
                "sliding_attention" when window > 0 => (AttentionKind.Window, window),
                "chunked_attention" when chunk > 0 => (AttentionKind.Chunk, chunk),
                "linear_attention" => (AttentionKind.None, 0),
                _ => (AttentionKind.Full, 0),
            };
        }
        if (modelType == "llama4_text") return chunk > 0 && (layer + 1) % 4 != 0 ? (AttentionKind.Chunk, chunk) : (AttentionKind.Full, 0);
        return window > 0 && Slides(modelType, config, layer) ? (AttentionKind.Window, window) : (AttentionKind.Full, 0);
    }

    static bool Slides(string modelType, ModelConfig config, int layer) => modelType switch
    {
        "gemma2" or "gpt_oss" => layer % 2 == 0,
        "gemma3" or "gemma3_text" => (layer + 1) % Pattern(config, 6) != 0,
        "cohere2" or "olmo3" => (layer + 1) % Pattern(config, 4) != 0,
        "mistral" or "phi3" or "mixtral" or "ministral" or "starcoder2" or "phimoe" => true,
        "qwen2" or "qwen3" or "qwen2_moe" or "qwen3_moe" or "qwen2_vl" or "qwen2_5_vl" or "qwen2_vl_text" or "qwen2_5_vl_text" =>
            config.FindFlag("use_sliding_window") == true && layer >= (config.FindWhole("max_window_layers") ?? 0),
        _ => false,
    };

    static long Pattern(ModelConfig config, long otherwise) =>
        Math.Max(1, config.FindWhole("sliding_window_pattern", "_sliding_window_pattern") ?? otherwise);
}
