using ModelZoo.Weights;

namespace ModelZoo.Profiling.Tensors;

/// <summary>What names of tensors tell: the part of the model, the layer, and whether a tensor is learned at all.</summary>
static class TensorNames
{
    static readonly string[] s_buffers = [".running_mean", ".running_var", ".num_batches_tracked", ".position_ids", ".inv_freq", ".relative_position_index", ".masked_bias"];
    static readonly HashSet<string> s_ggufBuffers = new(StringComparer.Ordinal) { "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight" };

    /// <summary>Buffers of PyTorch modules, and the triangular masks of GPT-2, GPT-J and NeoX: [1, 1, n, n].</summary>
    public static bool IsBuffer(TensorInfo tensor)
    {
        var name = tensor.Name;
        if (s_ggufBuffers.Contains(name)) return true;
        foreach (var ending in s_buffers)
            if (name.EndsWith(ending, StringComparison.Ordinal) || name.AsSpan().SequenceEqual(ending.AsSpan(1))) return true;
        return tensor.Shape is [1, 1, var rows, var columns] && rows == columns
            && (name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attention.bias", StringComparison.Ordinal));
    }

    public static bool IsEmbedding(string name) =>
        Has(name, "embed_tokens") || Has(name, "wte.weight") || Has(name, "token_embd") || Has(name, "word_embeddings") || Has(name, "tok_embeddings")
        || Has(name, "embed_in") || Has(name, "shared.weight") || Has(name, "token_embedding") || Has(name, "backbone.embedding");

    public static bool IsHead(string name) =>
        Has(name, "lm_head") || name is "output.weight" || Has(name, "embed_out") || Has(name, "classifier") || Has(name, "cls.predictions.decoder") || name is "head.weight" or "head.bias" or "fc.weight" or "fc.bias";

    public static Component PartOf(TensorInfo tensor) => PartOf(tensor.Name, tensor.Shape.Count);

    public static Component PartOf(string name, int rank)
    {
        if (Has(name, "vision_tower") || Has(name, "vision_model") || Has(name, "visual.") || name.StartsWith("v.", StringComparison.Ordinal)) return Component.VisionTower;
        if (IsHead(name)) return Component.Head;
        if (Has(name, "norm") || Has(name, ".ln_") || Has(name, "layernorm") || Has(name, ".bn") || name.StartsWith("ln_", StringComparison.Ordinal)) return Component.Norm;
        if (Has(name, "embed") || Has(name, "wte.") || Has(name, "wpe.") || Has(name, "token_embd") || Has(name, "position_embd")) return Component.Embedding;
        if (Has(name, "_exps") || (Has(name, "experts") && !Has(name, "shared_expert"))) return Component.Expert;
        if (Has(name, "router") || Has(name, "ffn_gate_inp") || name.EndsWith("mlp.gate.weight", StringComparison.Ordinal) || name.EndsWith(".gate.weight", StringComparison.Ordinal)) return Component.Router;
        if (Has(name, "mixer.") || Has(name, ".mamba") || Has(name, "ssm_") || Has(name, "linear_attn")) return Component.StateSpace;
        if (Has(name, "attn") || Has(name, "attention") || Has(name, "q_proj") || Has(name, "k_proj") || Has(name, "v_proj") || Has(name, "o_proj")) return Component.Attention;
        if (Has(name, "mlp") || Has(name, "ffn") || Has(name, "feed_forward") || Has(name, "intermediate") || Has(name, "fc1") || Has(name, "fc2") || Has(name, "output.dense")) return Component.FeedForward;
        if (Has(name, "conv") || rank is 4 or 5) return Component.Convolution;
        return Component.Other;
    }

    /// <summary>The number of the layer: the first whole number between dots behind a word such as <c>layers</c> or <c>blk</c>.</summary>
    public static int? LayerOf(string name)
    {
        var start = 0;
        while (start < name.Length)
        {
            var end = name.IndexOf('.', start);
            if (end < 0) return null;
            var part = name.AsSpan(start, end - start);
            if (part.Length is > 0 and < 7 && int.TryParse(part, System.Globalization.NumberStyles.None, null, out var layer)) return layer;
            start = end + 1;
        }
        return null;
    }

    static bool Has(string name, string part) => name.Contains(part, StringComparison.Ordinal);
}
