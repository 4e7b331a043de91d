namespace ModelZoo.Profiling.Architectures;

/// <summary>T5, Whisper, BART and their relatives: an encoder reads the input once, a decoder writes token by token and looks at both.</summary>
static class EncoderDecoders
{
    public static bool Knows(string modelType) =>
        modelType is "t5" or "mt5" or "umt5" or "whisper" or "bart" or "mbart" or "marian" or "m2m_100" or "pegasus" or "blenderbot";

    public static Blueprint Build(string modelType, ModelConfig config) => modelType switch
    {
        "t5" or "mt5" or "umt5" => T5(modelType, config),
        "whisper" => Whisper(config),
        _ => Bart(modelType, config),
    };

    static Blueprint T5(string modelType, ModelConfig config)
    {
        var (h, n, dKv, ff) = (config.GetWhole("d_model"), config.GetWhole("num_heads"), config.GetWhole("d_kv"), config.GetWhole("d_ff"));
        var layers = Layers(config.GetWhole("num_layers"));
        var decoders = Layers(config.FindWhole("num_decoder_layers") ?? layers);
        var vocabulary = config.GetWhole("vocab_size");
        var tied = config.FindFlag("tie_word_embeddings") ?? modelType == "t5";
        var gated = (config.FindText("feed_forward_proj") ?? (modelType == "t5" ? "relu" : "gated-gelu")).StartsWith("gated", StringComparison.Ordinal);
        var m = checked(n * dKv);
        var gate = gated ? 3 : 2;
        var buckets = config.FindWhole("relative_attention_num_buckets") ?? 32;
        // umT5 gives every layer its own position biases; T5 and mT5 share those of the first.
        var ofEvery = modelType == "umt5";
        var weights = new WeightLedger();
        weights.LookUp(vocabulary, h);
        weights.Matrix(Component.Attention, h, m, checked(4 * layers + 8 * decoders), checked(4 * layers + 8 * decoders));
        weights.Matrix(Component.FeedForward, h, ff, checked(gate * (layers + decoders)));
        weights.Vector(Component.Norm, h, checked(2 * layers + 3 * decoders + 2));
        weights.Vector(Component.Attention, checked(buckets * n), ofEvery ? layers + decoders : 2);
        weights.Matrix(Component.Head, h, vocabulary, tied ? 0 : 1, 1);
        var feedForward = (double)gate * h * ff;
        return Of(modelType, weights, new(h, n, dKv, ff, vocabulary, layers, decoders, 4.0 * h * m + feedForward, 6.0 * h * m + feedForward, 2.0 * h * m * decoders, m),
            config.FindWhole("n_positions"));
    }

    static Blueprint Whisper(ModelConfig config)
    {
        var (h, ff, n) = (config.GetWhole("d_model"), config.GetWhole("encoder_ffn_dim"), Math.Max(1, config.GetWhole("encoder_attention_heads")));
        var (layers, decoders) = (Layers(config.GetWhole("encoder_layers")), Layers(config.GetWhole("decoder_layers")));
        var (vocabulary, mels) = (config.GetWhole("vocab_size"), config.FindWhole("num_mel_bins") ?? 80);
        var (frames, tokens) = (config.FindWhole("max_source_positions") ?? 1500, config.FindWhole("max_target_positions") ?? 448);
        var weights = new WeightLedger();
        weights.LookUp(checked(vocabulary + frames + tokens), h);
        weights.Matrix(Component.Convolution, checked(3 * mels), h, uses: 2);
        weights.Matrix(Component.Convolution, checked(3 * h), h);
        weights.Vector(Component.Convolution, checked(2 * h));
        AddBlocks(weights, h, ff, layers, decoders, attentionBias: 3);
        weights.Vector(Component.Norm, checked(2 * h), 2);
        weights.Matrix(Component.Head, h, vocabulary, 0, 1);
        var layer = 4.0 * h * h + 2.0 * h * ff;
        var result = Of("whisper", weights, new(h, n, h / n, ff, vocabulary, layers, decoders, layer, layer + 2.0 * h * h, 2.0 * h * h * decoders, h), tokens);
        return result with
        {
            Work = result.Work with { FixedInputTokens = frames, EncoderFixedFlop = 2.0 * (3.0 * mels * h * 2 * frames + 3.0 * h * h * frames) },
            Notices = [.. result.Notices, "The encoder always sees 30 s of sound, whatever was said."],
        };
    }

    static Blueprint Bart(string modelType, ModelConfig config)
    {
        var (h, ff, n) = (config.GetWhole("d_model"), config.GetWhole("encoder_ffn_dim"), Math.Max(1, config.GetWhole("encoder_attention_heads")));
        var decoderFf = config.FindWhole("decoder_ffn_dim") ?? ff;
        var (layers, decoders) = (Layers(config.GetWhole("encoder_layers")), Layers(config.GetWhole("decoder_layers")));
        var vocabulary = config.GetWhole("vocab_size");
        var positions = config.FindWhole("max_position_embeddings") ?? 1024;
        var learned = modelType is "bart" or "mbart" or "blenderbot";
        var weights = new WeightLedger();
        weights.LookUp(vocabulary, h);
        // Marian and Pegasus store their fixed sinusoids; M2M-100 computes them.
        if (modelType != "m2m_100") weights.LookUp(checked(positions + (modelType is "bart" or "mbart" ? 2 : 0)), h, 2);
        AddBlocks(weights, h, ff, layers, decoders, attentionBias: 4, decoderFf);
        if (modelType is "bart" or "mbart") weights.Vector(Component.Norm, checked(2 * h), 2);
        if (modelType is "mbart" or "m2m_100" or "pegasus" or "blenderbot") weights.Vector(Component.Norm, checked(2 * h), 2);
        weights.Matrix(Component.Head, h, vocabulary, 0, 1);
        var result = Of(modelType, weights, new(h, n, h / n, ff, vocabulary, layers, decoders, 4.0 * h * h + 2.0 * h * ff, 6.0 * h * h + 2.0 * h * decoderFf, 2.0 * h * h * decoders, h), positions);
        return learned ? result : result with { Notices = [.. result.Notices, "Positions are fixed; files may store them or not."] };
    }

    /// <summary>Attention with so many biases, feed-forward and norms of encoder layers (two norms) and decoder layers (two attentions, three norms).</summary>
    static void AddBlocks(WeightLedger weights, long h, long ff, long layers, long decoders, int attentionBias, long? decoderFf = null)
    {
        var attentions = checked(layers + 2 * decoders);
        weights.Matrix(Component.Attention, h, h, checked(4 * attentions));
        weights.Vector(Component.Attention, checked(attentionBias * h), attentions);
        weights.Matrix(Component.FeedForward, h, ff, checked(2 * layers));
        weights.Matrix(Component.FeedForward, h, decoderFf ?? ff, checked(2 * decoders));
        weights.Vector(Component.FeedForward, checked(ff + h), layers);
        weights.Vector(Component.FeedForward, checked((decoderFf ?? ff) + h), decoders);
        weights.Vector(Component.Norm, h, checked(4 * layers + 6 * decoders));
    }

    /// <param name="PerToken">Decoder weights per layer and token: self-attention, the query and output side of cross-attention, feed-forward.</param>
    /// <param name="Cross">Weights of all layers that turn an input token into cross-attention keys and values.</param>
    /// <param name="Inner">Width of attention.</param>
    sealed record Sizes(long H, long Heads, long HeadSize, long FeedForward, long Vocabulary, long Layers, long Decoders, double PerLayer, double PerToken, double Cross, long Inner);

    static Blueprint Of(string modelType, WeightLedger weights, Sizes s, long? context) => new()
    {
        Family = ModelFamily.EncoderDecoder, ModelType = modelType, Weights = weights,
        Shape = new()
        {
            Layers = s.Layers + s.Decoders, Hidden = s.H, Heads = s.Heads, KeyValueHeads = s.Heads, HeadSize = s.HeadSize, FeedForward = s.FeedForward,
            Vocabulary = s.Vocabulary, MaxContext = context,
        },
        Notices = [$"{s.Layers} encoder and {s.Decoders} decoder layers."],
        Work = new()
        {
            Unit = WorkUnit.Token,
            Layers = [new((int)s.Decoders, AttentionKind.Full, 0, 2.0 * s.Inner, 4.0 * s.Inner, 0, s.PerToken, 0, 0, 0, 2.0 * s.Inner)],
            HeadWeights = (double)s.H * s.Vocabulary, Vocabulary = s.Vocabulary,
            EncoderWeights = s.Layers * s.PerLayer, EncoderScoreFlop = 4.0 * s.Layers * s.Inner, CrossWeights = s.Cross,
            TransientElements = Math.Max(4.0 * s.H + 3.0 * s.Inner, 2.0 * s.FeedForward + s.H),
            ActivationElements = s.Layers * (14.0 * s.H + 8.0 * s.Inner + 6.0 * s.FeedForward),
        },
    };

    static long Layers(long count) => count is >= 1 and <= ProfileLimits.MaxLayers ? count : throw new ProfileException($"{count} layers cannot be.");
}
