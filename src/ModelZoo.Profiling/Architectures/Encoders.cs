namespace ModelZoo.Profiling.Architectures;

/// <summary>BERT and its relatives: every token sees every other, once per sequence.</summary>
static class Encoders
{
    public static bool Knows(string modelType) =>
        modelType is "bert" or "roberta" or "xlm-roberta" or "electra" or "camembert" or "distilbert" or "albert" or "modernbert" or "wav2vec2" or "hubert";

    public static Blueprint Build(string modelType, ModelConfig config) => modelType switch
    {
        "albert" => Albert(config),
        "modernbert" => ModernBert(config),
        "wav2vec2" or "hubert" => Wav2Vec2(modelType, config),
        _ => Bert(modelType, config),
    };

    sealed record Sizes(long L, long H, long I, long Heads)
    {
        public static Sizes Of(ModelConfig config)
        {
            var layers = config.GetWhole("num_hidden_layers", "n_layers", "num_layers");
            if (layers is < 1 or > ProfileLimits.MaxLayers) throw new ProfileException($"{layers} layers cannot be.");
            return new(layers, config.GetWhole("hidden_size", "dim"), config.GetWhole("intermediate_size", "hidden_dim"),
                Math.Max(1, config.GetWhole("num_attention_heads", "n_heads")));
        }
    }

    static Blueprint Bert(string modelType, ModelConfig config)
    {
        var s = Sizes.Of(config);
        var isDistil = modelType == "distilbert";
        var (vocabulary, positions) = (config.GetWhole("vocab_size"), config.FindWhole("max_position_embeddings") ?? 512);
        var embedding = modelType == "electra" ? config.FindWhole("embedding_size") ?? s.H : s.H;
        var weights = new WeightLedger();
        weights.LookUp(checked(vocabulary + positions + (isDistil ? 0 : config.FindWhole("type_vocab_size") ?? 2)), embedding);
        weights.Vector(Component.Norm, 2 * embedding);
        if (embedding != s.H)
        {
            weights.Matrix(Component.Embedding, embedding, s.H);
            weights.Vector(Component.Embedding, s.H);
        }
        AddLayers(weights, s, s.L);
        AddHead(weights, modelType, config, s.H, vocabulary);
        return Of(modelType, ModelFamily.Encoder, s, weights, config, vocabulary, positions - (modelType is "bert" or "distilbert" or "electra" ? 0 : 2));
    }

    /// <summary>4h² + 4h of attention, 2hI + I + h of feed-forward, two norms of 2h.</summary>
    static void AddLayers(WeightLedger weights, Sizes s, long copies, long? used = null)
    {
        weights.Matrix(Component.Attention, s.H, s.H, checked(4 * copies), checked(4 * (used ?? copies)));
        weights.Vector(Component.Attention, checked(4 * s.H), copies);
        weights.Matrix(Component.FeedForward, s.H, s.I, checked(2 * copies), checked(2 * (used ?? copies)));
        weights.Vector(Component.FeedForward, checked(s.I + s.H), copies);
        weights.Vector(Component.Norm, checked(4 * s.H), copies);
    }

    /// <summary>Which head a checkpoint of this class holds. The plain model of all but DistilBERT has a pooler.</summary>
    static void AddHead(WeightLedger weights, string modelType, ModelConfig config, long h, long vocabulary)
    {
        var name = config.Class ?? "";
        var labels = config.FindWhole("num_labels") ?? config.CountEntries("id2label") ?? 2;
        var isRoberta = modelType is "roberta" or "xlm-roberta" or "camembert";
        if (name.EndsWith("MaskedLM", StringComparison.Ordinal) || name.EndsWith("PreTraining", StringComparison.Ordinal))
        {
            weights.Vector(Component.Head, checked(h * h + h + 2 * h + vocabulary));
            if (name.EndsWith("PreTraining", StringComparison.Ordinal)) weights.Vector(Component.Head, checked(h * h + h + 2 * h + 2));
        }
        else if (name.EndsWith("SequenceClassification", StringComparison.Ordinal))
            weights.Vector(Component.Head, checked(h * h + h + h * labels + labels));
        else if (name.EndsWith("TokenClassification", StringComparison.Ordinal) || name.EndsWith("QuestionAnswering", StringComparison.Ordinal))
            weights.Vector(Component.Head, checked(h * labels + labels));
        else if (modelType is not ("distilbert" or "electra") || isRoberta)
            weights.Vector(Component.Head, checked(h * h + h));
    }

    static Blueprint Albert(ModelConfig config)
    {
        var s = Sizes.Of(config);
        var e = config.FindWhole("embedding_size") ?? 128;
        var vocabulary = config.GetWhole("vocab_size");
        var positions = config.FindWhole("max_position_embeddings") ?? 512;
        var weights = new WeightLedger();
        weights.LookUp(checked(vocabulary + positions + (config.FindWhole("type_vocab_size") ?? 2)), e);
        weights.Vector(Component.Norm, 2 * e);
        weights.Matrix(Component.Embedding, e, s.H);
        weights.Vector(Component.Embedding, s.H);
        AddLayers(weights, s, 1, used: s.L);
        weights.Vector(Component.Head, checked(s.H * s.H + s.H));
        return Of("albert", ModelFamily.Encoder, s, weights, config, vocabulary, positions) with { Notices = ["One set of layer weights is used by all layers."] };
    }

    static Blueprint ModernBert(ModelConfig config)
    {
        var s = Sizes.Of(config);
        var vocabulary = config.GetWhole("vocab_size");
        var weights = new WeightLedger();
        weights.LookUp(vocabulary, s.H);
        weights.Matrix(Component.Attention, s.H, s.H, checked(4 * s.L));
        weights.Matrix(Component.FeedForward, s.H, s.I, checked(3 * s.L));
        weights.Vector(Component.Norm, s.H, checked(2 * s.L + 1));
        return Of("modernbert", ModelFamily.Encoder, s, weights, config, vocabulary, config.FindWhole("max_position_embeddings"));
    }

    /// <summary>wav2vec 2.0 (arXiv:2006.11477): convolutions over samples, then an encoder.</summary>
    static Blueprint Wav2Vec2(string modelType, ModelConfig config)
    {
        var s = Sizes.Of(config);
        var widths = config.FindWholes("conv_dim") ?? [512, 512, 512, 512, 512, 512, 512];
        var kernels = config.FindWholes("conv_kernel") ?? [10, 3, 3, 3, 3, 2, 2];
        var strides = config.FindWholes("conv_stride") ?? [5, 2, 2, 2, 2, 2, 2];
        if (kernels.Count != widths.Count || strides.Count != widths.Count || widths.Count is 0 or > 100) throw new ProfileException("'conv_dim', 'conv_kernel' and 'conv_stride' differ in length.");
        var weights = new WeightLedger();
        long before = 1, stride = 1;
        foreach (var step in strides) stride = checked(stride * Math.Max(1, step));
        var perFrame = stride;
        for (var i = 0; i < widths.Count; i++)
        {
            perFrame = Math.Max(1, perFrame / Math.Max(1, strides[i]));
            weights.Matrix(Component.Convolution, checked(before * kernels[i]), widths[i], uses: perFrame);
            if (config.FindFlag("conv_bias") == true) weights.Vector(Component.Convolution, widths[i]);
            if (i == 0 || config.FindText("feat_extract_norm") == "layer") weights.Vector(Component.Norm, checked(2 * widths[i]));
            before = widths[i];
        }
        weights.Vector(Component.Norm, checked(2 * before));
        weights.Matrix(Component.Embedding, before, s.H);
        weights.Vector(Component.Embedding, s.H);
        var kernel = config.FindWhole("num_conv_pos_embeddings") ?? 128;
        weights.Matrix(Component.Convolution, checked(s.H / Math.Max(1, config.FindWhole("num_conv_pos_embedding_groups") ?? 16) * kernel), s.H);
        weights.Vector(Component.Convolution, checked(kernel + s.H));
        weights.Vector(Component.Norm, checked(2 * s.H));
        weights.Vector(Component.Other, s.H);
        AddLayers(weights, s, s.L);
        return Of(modelType, ModelFamily.Encoder, s, weights, config, 0, null) with { Notices = [$"One token is one frame of {stride} samples."] };
    }

    static Blueprint Of(string modelType, ModelFamily family, Sizes s, WeightLedger weights, ModelConfig config, long vocabulary, long? context) => new()
    {
        Family = family, ModelType = modelType, Weights = weights,
        Shape = new()
        {
            Layers = s.L, Hidden = s.H, Heads = s.Heads, KeyValueHeads = s.Heads, HeadSize = s.H / s.Heads, FeedForward = s.I,
            Vocabulary = vocabulary > 0 ? vocabulary : null, MaxContext = context,
        },
        Work = new()
        {
            Unit = WorkUnit.Sequence, EncoderWeights = weights.Macs, EncoderScoreFlop = 4.0 * s.L * s.H,
            TransientElements = Math.Max(4.0 * s.H + 3.0 * s.H, 2.0 * s.I + s.H), ActivationElements = s.L * (14.0 * s.H + 8.0 * s.H + 6.0 * s.I),
        },
    };
}
