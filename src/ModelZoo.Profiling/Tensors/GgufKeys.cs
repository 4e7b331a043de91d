using ModelZoo.Weights;

namespace ModelZoo.Profiling.Tensors;

/// <summary>Keys of a GGUF file under its architecture's name (ggml, docs/gguf.md).</summary>
sealed class GgufKeys(WeightFile file)
{
    public string Architecture { get; } = file.FindText("general.architecture") ?? "";

    /// <summary>A whole number within limits; of a list per layer the largest one.</summary>
    public long? FindWhole(string key)
    {
        var value = file.Metadata.GetValueOrDefault($"{Architecture}.{key}");
        var number = value switch
        {
            MetadataValue.Whole whole => whole.Value,
            MetadataValue.Series { Items: { Count: > 0 } items } => items.OfType<MetadataValue.Whole>().Select(w => w.Value).DefaultIfEmpty().Max(),
            _ => (Int128?)null,
        };
        return number is { } found && found >= 0 && found <= ProfileLimits.MaxDimension ? (long)found : null;
    }

    public IReadOnlyList<MetadataValue>? FindList(string key) => (file.Metadata.GetValueOrDefault($"{Architecture}.{key}") as MetadataValue.Series)?.Items;

    public long? Vocabulary => FindWhole("vocab_size") ?? (file.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") as MetadataValue.Series)?.Count;

    public ModelShape ToShape() => new()
    {
        Layers = FindWhole("block_count"), Hidden = FindWhole("embedding_length"), Heads = FindWhole("attention.head_count"),
        KeyValueHeads = FindWhole("attention.head_count_kv") ?? FindWhole("attention.head_count"),
        HeadSize = FindWhole("attention.key_length") ?? (FindWhole("attention.head_count") is > 0 and var n && FindWhole("embedding_length") is { } h ? h / n : null),
        FeedForward = FindWhole("feed_forward_length"), Vocabulary = Vocabulary, MaxContext = FindWhole("context_length"),
        Experts = FindWhole("expert_count") is > 0 and var experts ? experts : null, ExpertsPerToken = FindWhole("expert_used_count") is > 0 and var used ? used : null,
        SharedExperts = FindWhole("expert_shared_count"), ExpertFeedForward = FindWhole("expert_feed_forward_length"), StateSize = FindWhole("ssm.state_size"),
        Window = FindWhole("attention.sliding_window") is > 0 and var window ? window : null,
    };

    /// <summary>Attention of each layer: key and value widths of its own tensors, the window of the family's rule.</summary>
    public Func<int, LayerAttention> Attention(IReadOnlyList<CountedTensor> tensors)
    {
        var shape = ToShape();
        var rows = new Dictionary<(int, string), double>();
        var stateLayers = new HashSet<int>();
        foreach (var (tensor, _, _, _) in tensors)
        {
            if (TensorNames.LayerOf(tensor.Name) is not { } layer) continue;
            if (tensor.Name.Contains(".ssm_", StringComparison.Ordinal) || tensor.Name.Contains(".time_mix_", StringComparison.Ordinal)) stateLayers.Add(layer);
            foreach (var part in (string[])["attn_q", "attn_k", "attn_v", "attn_qkv"])
                if (tensor.Name.EndsWith($".{part}.weight", StringComparison.Ordinal) && tensor.Shape.Count == 2) rows[(layer, part)] = tensor.Shape[0];
        }
        var heads = (double)(shape.Heads ?? 0);
        var keyLength = FindWhole("attention.key_length_mla") ?? shape.HeadSize ?? 0;
        var valueLength = FindWhole("attention.value_length_mla") ?? FindWhole("attention.value_length") ?? shape.HeadSize ?? 0;
        var rank = FindWhole("attention.kv_lora_rank") ?? 0;
        var rotated = FindWhole("rope.dimension_count") ?? 0;
        var state = StateElements();
        return layer =>
        {
            var held = stateLayers.Contains(layer) ? state : 0;
            if (rank > 0) return new(AttentionKind.Latent, 0, rank + rotated, 2 * heads * (keyLength + valueLength), held);
            var isFused = rows.TryGetValue((layer, "attn_qkv"), out var fused);
            double keys, values, queries;
            if (isFused)
            {
                (keys, values) = ((shape.KeyValueHeads ?? 0) * (double)keyLength, (shape.KeyValueHeads ?? 0) * (double)valueLength);
                queries = fused - keys - values;
            }
            else (keys, values, queries) = (rows.GetValueOrDefault((layer, "attn_k")), rows.GetValueOrDefault((layer, "attn_v")), rows.GetValueOrDefault((layer, "attn_q")));
            if (keys == 0 && values == 0) return new(AttentionKind.None, 0, 0, 0, held);
            var window = Window(layer);
            return new(window > 0 ? AttentionKind.Window : AttentionKind.Full, window, keys + (values > 0 ? values : keys), 4 * queries, held);
        };
    }

    long Window(int layer)
    {
        if (FindWhole("attention.sliding_window") is not (> 0 and var window)) return 0;
        if (FindList("attention.sliding_window_pattern") is { } list && layer < list.Count) return list[layer] is MetadataValue.Flag { Value: true } || (list[layer] is MetadataValue.Whole whole && whole.Value > 0) ? window : 0;
        var slides = Architecture switch
        {
            "gemma2" or "gpt-oss" => layer % 2 == 0,
            "gemma3" => (layer + 1) % (FindWhole("attention.sliding_window_pattern") ?? 6) != 0,
            "cohere2" or "llama4" => (layer + 1) % 4 != 0,
            _ => true,
        };
        return slides ? window : 0;
    }

    double StateElements()
    {
        if (FindWhole("wkv.head_size") is { } head && FindWhole("embedding_length") is { } width) return (double)width * head + 2.0 * width;
        var (inner, state, kernel) = (FindWhole("ssm.inner_size") ?? 0, FindWhole("ssm.state_size") ?? 0, FindWhole("ssm.conv_kernel") ?? 1);
        var groups = FindWhole("ssm.group_count") ?? 0;
        return (double)inner * state + Math.Max(0, kernel - 1) * (inner + 2.0 * groups * state);
    }
}
