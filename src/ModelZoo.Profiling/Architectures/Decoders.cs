namespace ModelZoo.Profiling.Architectures;

/// <summary>Decoders of the Llama shape and their relatives: dense and mixtures, grouped and latent attention, windows per layer.</summary>
static class Decoders
{
    public static Blueprint Build(string modelType, ModelConfig config)
    {
        var traits = DecoderTraits.Of(modelType, config);
        var isGemma3 = modelType is "gemma3_text" or "gemma3";
        var layers = config.GetWhole("num_hidden_layers", "n_layer", "n_layers", "num_layers");
        if (layers is < 1 or > ProfileLimits.MaxLayers) throw new ProfileException($"{layers} layers cannot be.");
        var h = config.GetWhole("hidden_size", "n_embd", "n_embed", "d_model", "dim", "model_dim");
        // Gemma-3 files leave out what equals the defaults of their class.
        var n = config.FindWhole("num_attention_heads", "n_head", "n_heads", "num_heads") ?? (isGemma3 ? 8 : config.GetWhole("num_attention_heads"));
        var kv = config.FindWhole("num_key_value_heads", "num_kv_heads", "n_head_kv") ?? (isGemma3 ? 4 : n);
        if (modelType == "falcon" && config.FindFlag("new_decoder_architecture") != true)
            kv = config.FindFlag("multi_query") ?? true ? 1 : n;
        if (modelType == "gpt_bigcode") kv = config.FindFlag("multi_query") ?? true ? 1 : n;
        if (n < 1 || kv < 1) throw new ProfileException($"{n} heads and {kv} key/value heads cannot be.");
        var d = config.FindWhole("head_dim", "attention_head_dim") ?? (modelType == "gemma" || isGemma3 ? 256 : h / n);
        var feedForward = config.FindWhole("intermediate_size", "n_inner", "ffn_dim", "d_ff", "hidden_dim", "ffn_hidden_size") ?? checked(4 * h);
        var vocabulary = config.FindWhole("vocab_size", "padded_vocab_size") ?? (isGemma3 ? 262_208 : config.GetWhole("vocab_size"));
        var tied = config.FindFlag("tie_word_embeddings") ?? traits.TiedHead;
        var mixture = Mixture.Find(modelType, config, feedForward);
        var denseSize = modelType == "llama4_text" ? config.FindWhole("intermediate_size_mlp") ?? feedForward : feedForward;
        var latent = LatentAttention.Find(config);
        var types = config.FindTexts("layer_types");
        var context = config.FindWhole("max_position_embeddings", "n_positions", "n_ctx", "seq_length", "max_sequence_length");

        var weights = new WeightLedger();
        var embeddingWidth = modelType == "opt" ? config.FindWhole("word_embed_proj_dim") ?? h : h;
        weights.LookUp(vocabulary, embeddingWidth);
        long outer = 0;
        if (embeddingWidth != h)
        {
            weights.Matrix(Component.Embedding, embeddingWidth, h, 2);
            outer = checked(2 * embeddingWidth * h);
        }
        if (traits.ExtraPositions is { } extra) weights.LookUp(checked((context ?? 1024) + extra), h);
        var norm = traits.NormsWithoutWeights ? 0 : traits.NormBias ? checked(2 * h) : h;
        if (traits.EmbeddingNorm) weights.Vector(Component.Norm, norm);

        var moe = 0L;
        var groups = new Dictionary<LayerGroup, int>();
        var attention = latent?.MatrixWeights(h, n) ?? checked(2 * h * n * d + 2 * h * kv * d);
        var gate = traits.Gated ? 3 : 2;
        for (var layer = 0; layer < layers; layer++)
        {
            var (kind, window) = AttentionPlan.Of(modelType, config, layer, types);
            var isMixture = mixture?.IsIn(layer) == true;
            if (isMixture) moe++;
            var group = new LayerGroup(
                1, latent is null ? kind : AttentionKind.Latent, window,
                latent?.CacheElements ?? 2.0 * kv * d,
                latent?.ScoreFlop(n) ?? 4.0 * n * d,
                0,
                attention + (isMixture ? h * (double)mixture!.Experts + 3.0 * h * mixture.SharedSize : (double)gate * h * denseSize),
                isMixture ? 3.0 * h * mixture!.ExpertSize : 0,
                isMixture ? (int)mixture!.Experts : 0, isMixture ? (int)mixture!.PerToken : 0, 0);
            groups[group] = groups.GetValueOrDefault(group) + 1;
        }

        if (latent is not null) latent.AddTo(weights, h, n, layers);
        else
        {
            weights.Matrix(Component.Attention, h, checked(n * d), layers);
            weights.Matrix(Component.Attention, h, checked(kv * d), checked(2 * layers));
            weights.Matrix(Component.Attention, checked(n * d), h, layers);
            if (traits.QkvBias) weights.Vector(Component.Attention, checked(n * d + 2 * kv * d), layers);
        }
        if (traits.OutputBias) weights.Vector(Component.Attention, h, layers);
        if (traits.Sinks) weights.Vector(Component.Attention, n, layers);
        if (traits.QueryKeyNorm == QueryKeyNorm.PerHead) weights.Vector(Component.Norm, checked(2 * d), layers);
        if (traits.QueryKeyNorm == QueryKeyNorm.FullWidth) weights.Vector(Component.Norm, checked(n * d + kv * d), layers);
        weights.Vector(Component.Norm, norm, checked(layers * traits.NormsPerLayer + (modelType == "opt" && config.FindFlag("do_layer_norm_before") == false ? 0 : 1)));

        var dense = layers - moe;
        weights.Matrix(Component.FeedForward, h, denseSize, checked(dense * (gate - 1)));
        weights.Matrix(Component.FeedForward, denseSize, h, dense);
        if (traits.FeedForwardBias) weights.Vector(Component.FeedForward, checked((gate - 1) * denseSize + h), dense);
        if (mixture is not null) AddExperts(weights, traits, mixture, h, moe);

        weights.Matrix(Component.Head, h, vocabulary, tied ? 0 : 1, 1);
        if (traits.HeadBias) weights.Vector(Component.Head, vocabulary);

        var active = mixture is null ? denseSize : Math.Max(dense > 0 ? denseSize : 0, checked(mixture.PerToken * mixture.ExpertSize + mixture.SharedSize));
        var draft = config.FindWhole("num_nextn_predict_layers") ?? 0;
        return new()
        {
            Family = moe > 0 ? ModelFamily.MixtureOfExperts : ModelFamily.DenseTransformer,
            ModelType = modelType,
            Weights = weights,
            DraftParameters = draft > 0 && mixture is not null ? DraftLayer(traits, mixture, attention, h, d, n, kv, norm, latent) * draft : 0,
            Notices = draft > 0 ? [$"{draft} extra prediction layer(s) may be stored beside the main model; they are counted separately."] : [],
            Shape = new()
            {
                Layers = layers, Hidden = h, Heads = n, KeyValueHeads = kv, HeadSize = latent is null ? d : latent.Keys, FeedForward = denseSize,
                Vocabulary = vocabulary, MaxContext = Context(config, context), TiedHead = tied, Window = groups.Keys.Max(g => g.Window) is > 0 and var w ? w : null,
                Experts = mixture?.Experts, ExpertsPerToken = mixture?.PerToken, ExpertFeedForward = mixture?.ExpertSize,
                SharedExperts = mixture is { SharedSize: > 0 } ? config.FindWhole("n_shared_experts") ?? 1 : null,
            },
            Work = new()
            {
                Unit = WorkUnit.Token,
                Layers = [.. groups.Select(pair => pair.Key with { Count = pair.Value })],
                HeadWeights = (double)h * vocabulary,
                OuterWeights = outer,
                Vocabulary = vocabulary,
                TransientElements = Math.Max(4.0 * h + (n + 2 * kv) * (double)d, 2.0 * active + h),
                ActivationElements = layers * (14.0 * h + 4.0 * (n + kv) * d + 6.0 * active),
            },
        };
    }

    static void AddExperts(WeightLedger weights, DecoderTraits traits, Mixture mixture, long h, long layers)
    {
        var (experts, used) = (checked(layers * mixture.Experts), checked(layers * mixture.PerToken));
        weights.Matrix(Component.Expert, h, mixture.ExpertSize, checked(2 * experts), checked(2 * used));
        weights.Matrix(Component.Expert, mixture.ExpertSize, h, experts, used);
        if (traits.ExpertBias) weights.Vector(Component.Expert, checked(2 * mixture.ExpertSize + h), experts, used);
        weights.Matrix(Component.Router, h, mixture.Experts, layers);
        if (traits.RouterBias) weights.Vector(Component.Router, mixture.Experts, layers);
        if (mixture.SharedSize > 0)
        {
            weights.Matrix(Component.FeedForward, h, mixture.SharedSize, checked(2 * layers));
            weights.Matrix(Component.FeedForward, mixture.SharedSize, h, layers);
        }
        if (mixture.SharedGate) weights.Vector(Component.Router, h, layers);
    }

    /// <summary>A DeepSeek-V3 prediction layer: one mixture layer, a projection of two states, three norms (arXiv:2412.19437 § 2.2).</summary>
    static long DraftLayer(DecoderTraits traits, Mixture mixture, long attention, long h, long d, long n, long kv, long norm, LatentAttention? latent) =>
        checked(attention + (latent?.NormWeights ?? 0) + (traits.QkvBias ? n * d + 2 * kv * d : 0)
            + mixture.Experts * 3 * h * mixture.ExpertSize + h * mixture.Experts + (traits.RouterBias ? mixture.Experts : 0)
            + 3 * h * mixture.SharedSize + 2 * h * h + norm * (traits.NormsPerLayer + 3)
            + (traits.QueryKeyNorm == QueryKeyNorm.PerHead ? 2 * d : 0));

    /// <summary>A factor on positions extends the context only for the kinds that do so without saying it in the length.</summary>
    static long? Context(ModelConfig config, long? context)
    {
        if (context is null || config.FindPart("rope_scaling") is not { } scaling) return context;
        var kind = scaling.FindText("rope_type") ?? scaling.FindText("type");
        return kind is "linear" or "dynamic" && scaling.FindReal("factor") is { } factor and > 1 and < 10_000
            && scaling.FindWhole("original_max_position_embeddings") is null ? (long)(context.Value * factor) : context;
    }
}
