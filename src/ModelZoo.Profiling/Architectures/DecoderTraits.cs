namespace ModelZoo.Profiling.Architectures;

enum QueryKeyNorm
{
    None,

    /// <summary>One scale per number of a head, shared by all heads.</summary>
    PerHead,

    /// <summary>One scale per number of the whole width.</summary>
    FullWidth,
}

/// <summary>What a decoder family adds to or leaves out of the plain layer of Llama (workloads.md § 3).</summary>
sealed record DecoderTraits
{
    public bool Gated { get; init; } = true;
    public bool TiedHead { get; init; }

    /// <summary>Norms have a bias beside their scale.</summary>
    public bool NormBias { get; init; }

    /// <summary>Norms have no weights at all (OLMo 1).</summary>
    public bool NormsWithoutWeights { get; init; }

    public int NormsPerLayer { get; init; } = 2;
    public QueryKeyNorm QueryKeyNorm { get; init; }
    public bool QkvBias { get; init; }
    public bool OutputBias { get; init; }
    public bool FeedForwardBias { get; init; }
    public bool HeadBias { get; init; }

    /// <summary>Learned positions, as many as the context and so many more; null for none.</summary>
    public int? ExtraPositions { get; init; }

    public bool EmbeddingNorm { get; init; }

    /// <summary>One learned attention sink per head (gpt-oss).</summary>
    public bool Sinks { get; init; }

    /// <summary>Biases in every expert (gpt-oss).</summary>
    public bool ExpertBias { get; init; }

    public bool RouterBias { get; init; }

    static readonly DecoderTraits Llama = new();
    static readonly DecoderTraits Plain = new()
    {
        Gated = false, NormBias = true, QkvBias = true, OutputBias = true, FeedForwardBias = true,
    };

    static readonly Dictionary<string, DecoderTraits> ByType = new(StringComparer.Ordinal)
    {
        ["llama"] = Llama, ["mistral"] = Llama, ["phi3"] = Llama, ["tinyllama"] = Llama, ["smollm"] = Llama, ["smollm3"] = Llama,
        ["internlm2"] = Llama, ["yi"] = Llama, ["granite"] = Llama, ["exaone"] = Llama, ["ministral"] = Llama, ["mistral3_text"] = Llama,
        ["mixtral"] = Llama, ["llama4_text"] = Llama, ["granitemoe"] = Llama, ["minicpm"] = Llama, ["baichuan"] = Llama, ["olmo2"] = Llama with { QueryKeyNorm = QueryKeyNorm.FullWidth },
        ["olmo"] = Llama with { NormsWithoutWeights = true },
        ["olmo3"] = Llama with { QueryKeyNorm = QueryKeyNorm.FullWidth },
        ["qwen2"] = Llama with { QkvBias = true }, ["qwen2_moe"] = Llama with { QkvBias = true },
        ["qwen2_vl_text"] = Llama with { QkvBias = true }, ["qwen2_5_vl_text"] = Llama with { QkvBias = true },
        ["qwen2_vl"] = Llama with { QkvBias = true }, ["qwen2_5_vl"] = Llama with { QkvBias = true },
        ["qwen3"] = Llama with { QueryKeyNorm = QueryKeyNorm.PerHead }, ["qwen3_moe"] = Llama with { QueryKeyNorm = QueryKeyNorm.PerHead },
        ["qwen3_vl_text"] = Llama with { QueryKeyNorm = QueryKeyNorm.PerHead }, ["qwen3_vl_moe_text"] = Llama with { QueryKeyNorm = QueryKeyNorm.PerHead },
        ["olmoe"] = Llama with { QueryKeyNorm = QueryKeyNorm.FullWidth },
        ["phimoe"] = Llama with { NormBias = true },
        ["gpt_oss"] = Llama with { QkvBias = true, OutputBias = true, Sinks = true, ExpertBias = true, RouterBias = true },
        ["deepseek_v2"] = Llama, ["deepseek_v3"] = Llama, ["kimi_k2"] = Llama,
        ["glm4_moe"] = Llama, ["glm4"] = Llama with { NormsPerLayer = 4 },
        ["gemma"] = Llama with { TiedHead = true },
        ["gemma2"] = Llama with { TiedHead = true, NormsPerLayer = 4 },
        ["gemma3"] = Llama with { TiedHead = true, NormsPerLayer = 4, QueryKeyNorm = QueryKeyNorm.PerHead },
        ["gemma3_text"] = Llama with { TiedHead = true, NormsPerLayer = 4, QueryKeyNorm = QueryKeyNorm.PerHead },
        ["cohere"] = Llama with { TiedHead = true, NormsPerLayer = 1 }, ["cohere2"] = Llama with { TiedHead = true, NormsPerLayer = 1 },
        ["stablelm"] = Llama with { NormBias = true },
        ["starcoder2"] = Plain with { TiedHead = true },
        ["phi"] = Plain with { NormsPerLayer = 1, HeadBias = true },
        ["gpt2"] = Plain with { TiedHead = true, ExtraPositions = 0 },
        ["gpt_bigcode"] = Plain with { TiedHead = true, ExtraPositions = 0 },
        ["gpt_neox"] = Plain,
        ["gptj"] = Plain with { QkvBias = false, OutputBias = false, NormsPerLayer = 1, HeadBias = true },
        ["opt"] = Plain with { TiedHead = true, ExtraPositions = 2 },
        ["bloom"] = Plain with { TiedHead = true, EmbeddingNorm = true },
        ["falcon"] = Plain with { TiedHead = true, QkvBias = false, OutputBias = false, FeedForwardBias = false, NormsPerLayer = 1 },
    };

    public static bool Knows(string modelType) => ByType.ContainsKey(modelType);

    /// <summary>The family's traits with what the configuration says itself.</summary>
    public static DecoderTraits Of(string modelType, ModelConfig config)
    {
        var traits = ByType[modelType];
        if (modelType is "phimoe") traits = traits with { HeadBias = config.FindFlag("lm_head_bias") ?? true };
        if (config.FindFlag("attention_bias") is { } attention && modelType is not ("qwen2" or "qwen2_moe" or "gpt_oss" or "gpt2" or "opt" or "bloom"))
            traits = traits with { QkvBias = attention, OutputBias = attention && modelType is not "glm4_moe" };
        if (config.FindFlag("mlp_bias") is { } feedForward && traits.Gated) traits = traits with { FeedForwardBias = feedForward };
        if (modelType == "stablelm") traits = traits with { QkvBias = config.FindFlag("use_qkv_bias") ?? false, NormsPerLayer = config.FindFlag("use_parallel_residual") == true ? 1 : 2 };
        if (modelType == "starcoder2" && config.FindFlag("use_bias") == false) traits = traits with { QkvBias = false, OutputBias = false, FeedForwardBias = false };
        if (modelType == "glm4_moe" && config.FindFlag("use_qk_norm") == true) traits = traits with { QueryKeyNorm = QueryKeyNorm.PerHead };
        if (modelType is "deepseek_v3" or "kimi_k2") traits = traits with { RouterBias = config.FindText("topk_method") is null or "noaux_tc" };
        if (modelType == "glm4_moe") traits = traits with { RouterBias = true };
        if (modelType is "cohere" && config.FindFlag("use_qk_norm") == true) traits = traits with { QueryKeyNorm = QueryKeyNorm.FullWidth };
        if (modelType == "falcon") traits = Falcon(traits, config);
        if (modelType == "gpt2") traits = traits with { TiedHead = true };
        return traits;
    }

    static DecoderTraits Falcon(DecoderTraits traits, ModelConfig config)
    {
        var bias = config.FindFlag("bias") ?? false;
        var norms = config.FindFlag("new_decoder_architecture") == true
            ? (int)Math.Clamp(config.FindWhole("num_ln_in_parallel_attn") ?? 2, 1, 2)
            : config.FindFlag("parallel_attn") == false ? 2 : 1;
        return traits with { QkvBias = bias, OutputBias = bias, FeedForwardBias = bias, NormsPerLayer = norms };
    }
}
