namespace ModelZoo.Profiling.Architectures;

/// <summary>The experts of a mixture: how many, how large, and in which layers.</summary>
sealed record Mixture(long Experts, long PerToken, long ExpertSize, long SharedSize, bool SharedGate, Func<int, bool> IsIn)
{
    public static Mixture? Find(string modelType, ModelConfig config, long feedForward)
    {
        if (config.FindWhole("num_local_experts", "num_experts", "n_routed_experts") is not (> 1 and var experts)) return null;
        var perToken = config.FindWhole("num_experts_per_tok", "experts_per_token", "moe_topk", "top_k_experts") ?? (modelType == "llama4_text" ? 1 : 2);
        if (perToken < 1 || perToken > experts) throw new ProfileException($"{perToken} of {experts} experts per token cannot be.");
        var size = config.FindWhole("moe_intermediate_size") ?? feedForward;
        var shared = config.FindWhole("shared_expert_intermediate_size", "shared_intermediate_size", "moe_shared_expert_intermediate_size")
            ?? (modelType == "llama4_text" ? feedForward : checked((config.FindWhole("n_shared_experts") ?? 0) * size));
        return new(experts, perToken, size, shared, modelType == "qwen2_moe" && shared > 0, Layers(modelType, config));
    }

    static Func<int, bool> Layers(string modelType, ModelConfig config)
    {
        var firstDense = config.FindWhole("first_k_dense_replace") ?? 0;
        var dense = config.FindWholes("mlp_only_layers")?.ToHashSet() ?? [];
        var sparse = config.FindWholes("moe_layers")?.ToHashSet();
        var step = Math.Max(1, config.FindWhole("decoder_sparse_step", "interleave_moe_layer_step") ?? 1);
        var frequency = config.FindWholes("moe_layer_freq") is null ? Math.Max(1, config.FindWhole("moe_layer_freq") ?? 1) : 1;
        var perLayer = config.FindWholes("moe_layer_freq");
        var period = Math.Max(1, config.FindWhole("expert_layer_period") ?? 1);
        var offset = config.FindWhole("expert_layer_offset") ?? 0;
        return layer =>
        {
            if (sparse is not null) return sparse.Contains(layer);
            if (perLayer is not null) return layer < perLayer.Count && perLayer[layer] != 0;
            return layer >= firstDense && !dense.Contains(layer) && (layer + 1) % step == 0 && layer % frequency == 0
                && layer % period == offset % period;
        };
    }
}
