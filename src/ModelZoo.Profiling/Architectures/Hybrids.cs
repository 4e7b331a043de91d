namespace ModelZoo.Profiling.Architectures;

/// <summary>
/// Models whose layers differ: attention here, a state-space or linear-attention mixer there. The per-layer list of the configuration decides
/// (<c>layers_block_type</c>, <c>layer_types</c>, <c>hybrid_override_pattern</c>), else the family's periods (Jamba).
/// </summary>
static class Hybrids
{
    public static bool Knows(string modelType) => modelType is "jamba" or "bamba" or "granitemoehybrid" or "nemotron_h" or "qwen3_next";

    enum Mixing
    {
        Attention,
        StateSpace,
        FeedForwardOnly,

        /// <summary>A layer of its own for experts (Nemotron 3).</summary>
        Experts,
    }

    public static Blueprint Build(string modelType, ModelConfig config)
    {
        var plan = Plan(modelType, config);
        var h = config.GetWhole("hidden_size");
        var n = config.GetWhole("num_attention_heads");
        var kv = config.FindWhole("num_key_value_heads") ?? n;
        var d = config.FindWhole("head_dim", "attention_head_dim") ?? (n > 0 ? h / n : 0);
        // Granite's shared feed-forward runs in every layer, beside experts or without any.
        var isGranite = modelType == "granitemoehybrid";
        var feedForward = (isGranite && config.FindWhole("num_local_experts") is not > 1 ? config.FindWhole("shared_intermediate_size") : null) ?? config.FindWhole("intermediate_size") ?? 0;
        var vocabulary = config.GetWhole("vocab_size");
        var tied = config.FindFlag("tie_word_embeddings") ?? false;
        var mixture = Mixture.Find(modelType, config, feedForward);
        var mixer = Mixer(modelType, config, h);
        var isNext = modelType == "qwen3_next";
        var isNemotron = modelType == "nemotron_h";
        // Qwen3-Next gates the attention's output: its query projection is twice as wide.
        var attention = checked((isNext ? 2 : 1) * h * n * d + 2 * h * kv * d + n * d * h);
        var gate = isNemotron ? 2 : 3;

        var weights = new WeightLedger();
        weights.LookUp(vocabulary, h);
        var groups = new Dictionary<LayerGroup, int>();
        for (var layer = 0; layer < plan.Count; layer++)
        {
            var kind = plan[layer];
            var isMixture = mixture is not null && (isNemotron ? kind == Mixing.Experts : mixture.IsIn(layer));
            var hasDense = !isMixture && (isNemotron ? kind == Mixing.FeedForwardOnly : feedForward > 0);
            double dense = hasDense ? (double)gate * h * feedForward : 0;
            if (isMixture) dense = h * (double)mixture!.Experts + (double)gate * h * mixture.SharedSize;
            var group = kind switch
            {
                Mixing.Attention => new LayerGroup(1, AttentionKind.Full, 0, 2.0 * kv * d, 4.0 * n * d, 0, attention + dense, 0, 0, 0, 0),
                Mixing.StateSpace => new LayerGroup(1, AttentionKind.None, 0, 0, 0, mixer.StateElements, mixer.MatrixWeights + dense, 0, 0, 0, 0),
                _ => new LayerGroup(1, AttentionKind.None, 0, 0, 0, 0, dense, 0, 0, 0, 0),
            };
            if (isMixture) group = group with { ExpertWeights = (double)gate * h * mixture!.ExpertSize, Experts = (int)mixture.Experts, ExpertsPerToken = (int)mixture.PerToken };
            groups[group] = groups.GetValueOrDefault(group) + 1;
            if (hasDense) weights.Matrix(Component.FeedForward, h, feedForward, gate);
            if (isMixture) AddExperts(weights, mixture!, h, gate, isNext, isNemotron);
        }
        var attended = plan.Count(kind => kind == Mixing.Attention);
        var mixed = plan.Count(kind => kind == Mixing.StateSpace);
        weights.Matrix(Component.Attention, 1, attention, attended);
        if (isNext) weights.Vector(Component.Norm, checked(2 * d), attended);
        StateSpace.AddMixer(weights, mixer, mixed);
        weights.Vector(Component.Norm, h, checked(plan.Count * (isNemotron ? 1 : 2) + 1));
        weights.Matrix(Component.Head, h, vocabulary, tied ? 0 : 1, 1);

        var active = mixture is null ? feedForward : Math.Max(feedForward, checked(mixture.PerToken * mixture.ExpertSize + mixture.SharedSize));
        return new()
        {
            Family = ModelFamily.Hybrid, ModelType = modelType, Weights = weights,
            Shape = new()
            {
                Layers = plan.Count, Hidden = h, Heads = n, KeyValueHeads = kv, HeadSize = d, FeedForward = feedForward, Vocabulary = vocabulary,
                MaxContext = config.FindWhole("max_position_embeddings"), TiedHead = tied, Experts = mixture?.Experts, ExpertsPerToken = mixture?.PerToken,
                ExpertFeedForward = mixture?.ExpertSize, StateSize = config.FindWhole("mamba_d_state", "ssm_state_size"),
            },
            Notices = [$"{attended} of {plan.Count} layers have attention and a cache; {mixed} keep a state of fixed size."],
            Work = new()
            {
                Unit = WorkUnit.Token, Layers = [.. groups.Select(pair => pair.Key with { Count = pair.Value })],
                HeadWeights = (double)h * vocabulary, Vocabulary = vocabulary, ScanFlop = mixed * mixer.ScanFlop,
                TransientElements = Math.Max(4.0 * h + (n + 2 * kv) * (double)d, 2.0 * active + h),
                ActivationElements = plan.Count * (14.0 * h + 6.0 * active),
            },
        };
    }

    static void AddExperts(WeightLedger weights, Mixture mixture, long h, int gate, bool isNext, bool isNemotron)
    {
        weights.Matrix(Component.Expert, h, mixture.ExpertSize, checked(gate * mixture.Experts), checked(gate * mixture.PerToken));
        weights.Matrix(Component.Router, h, mixture.Experts);
        if (isNemotron) weights.Vector(Component.Router, mixture.Experts);
        if (mixture.SharedSize > 0) weights.Matrix(Component.FeedForward, h, mixture.SharedSize, gate);
        if (isNext && mixture.SharedSize > 0) weights.Vector(Component.Router, h);
    }

    static List<Mixing> Plan(string modelType, ModelConfig config)
    {
        var layers = config.GetWhole("num_hidden_layers");
        if (layers is < 1 or > ProfileLimits.MaxLayers) throw new ProfileException($"{layers} layers cannot be.");
        if (modelType == "nemotron_h" && config.FindText("hybrid_override_pattern") is { } pattern)
            return [.. pattern.Select(letter => letter switch { 'M' => Mixing.StateSpace, '*' => Mixing.Attention, 'E' => Mixing.Experts, _ => Mixing.FeedForwardOnly })];
        if ((config.FindTexts("layers_block_type") ?? config.FindTexts("layer_types")) is { } types)
            return [.. types.Select(type => type.Contains("attention", StringComparison.Ordinal) && type != "linear_attention" ? Mixing.Attention : Mixing.StateSpace)];
        if (modelType == "bamba" && config.FindWholes("attn_layer_indices") is { } indices)
            return [.. Enumerable.Range(0, (int)layers).Select(layer => indices.Contains(layer) ? Mixing.Attention : Mixing.StateSpace)];
        var period = Math.Max(1, config.FindWhole("attn_layer_period", "full_attention_interval") ?? (modelType == "qwen3_next" ? 4 : 8));
        var offset = config.FindWhole("attn_layer_offset") ?? (modelType == "qwen3_next" ? period - 1 : 4);
        return [.. Enumerable.Range(0, (int)layers).Select(layer => layer % period == offset ? Mixing.Attention : Mixing.StateSpace)];
    }

    static StateSpace.Mixer Mixer(string modelType, ModelConfig config, long h)
    {
        if (modelType == "jamba")
            return StateSpace.First(config, h, checked((config.FindWhole("mamba_expand") ?? 2) * h), "mamba_d_state", "mamba_d_conv", "mamba_dt_rank", innerNorms: true);
        if (modelType == "qwen3_next") return GatedDelta(config, h);
        var inner = modelType == "nemotron_h"
            ? checked((config.FindWhole("mamba_num_heads") ?? 128) * (config.FindWhole("mamba_head_dim") ?? 64))
            : checked((config.FindWhole("mamba_expand") ?? 2) * h);
        return StateSpace.Second(config, h, inner, "mamba_", isHybrid: true);
    }

    /// <summary>Gated delta net (arXiv:2412.06464): queries, keys, values and a gate, two numbers per value head, a state of d_k × d_v per value head.</summary>
    static StateSpace.Mixer GatedDelta(ModelConfig config, long h)
    {
        var (keyHeads, valueHeads) = (config.FindWhole("linear_num_key_heads") ?? 16, config.FindWhole("linear_num_value_heads") ?? 32);
        var (keys, values) = (config.FindWhole("linear_key_head_dim") ?? 128, config.FindWhole("linear_value_head_dim") ?? 128);
        var kernel = config.FindWhole("linear_conv_kernel_dim") ?? 4;
        var channels = checked(2 * keyHeads * keys + valueHeads * values);
        var matrix = checked(h * (channels + valueHeads * values) + h * 2 * valueHeads + valueHeads * values * h);
        var vector = checked(channels * kernel + 2 * valueHeads + values);
        return new(matrix, vector, valueHeads * (double)keys * values + (kernel - 1.0) * channels, 9.0 * valueHeads * keys * values + 2.0 * kernel * channels);
    }
}
