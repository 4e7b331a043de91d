namespace ModelZoo.Profiling.Architectures;

/// <summary>Mamba and Mamba-2 (arXiv:2312.00752, 2405.21060): a state of fixed size instead of a cache that grows.</summary>
static class StateSpace
{
    /// <summary>What one mixing layer holds: its weights, those that multiply, and the numbers kept per sequence.</summary>
    public readonly record struct Mixer(long MatrixWeights, long VectorWeights, double StateElements, double ScanFlop);

    public static Blueprint Build(string modelType, ModelConfig config)
    {
        var layers = config.GetWhole("num_hidden_layers", "n_layer");
        if (layers is < 1 or > ProfileLimits.MaxLayers) throw new ProfileException($"{layers} layers cannot be.");
        var h = config.GetWhole("hidden_size", "d_model");
        var vocabulary = config.GetWhole("vocab_size");
        var isSecond = modelType == "mamba2";
        var inner = isSecond ? checked((config.FindWhole("expand") ?? 2) * h)
            : config.FindWhole("intermediate_size") ?? checked((config.FindWhole("expand") ?? 2) * h);
        var mixer = isSecond ? Second(config, h, inner) : First(config, h, inner, "state_size", "conv_kernel", "time_step_rank", false);
        var tied = config.FindFlag("tie_word_embeddings") ?? modelType is "mamba";
        var weights = new WeightLedger();
        weights.LookUp(vocabulary, h);
        AddMixer(weights, mixer, layers);
        weights.Vector(Component.Norm, h, layers + 1);
        weights.Matrix(Component.Head, h, vocabulary, tied ? 0 : 1, 1);
        return new()
        {
            Family = ModelFamily.StateSpace, ModelType = modelType, Weights = weights,
            Shape = new() { Layers = layers, Hidden = h, FeedForward = inner, Vocabulary = vocabulary, StateSize = config.FindWhole("state_size"), TiedHead = tied },
            Work = new()
            {
                Unit = WorkUnit.Token,
                Layers = [new((int)layers, AttentionKind.None, 0, 0, 0, mixer.StateElements, mixer.MatrixWeights, 0, 0, 0, 0)],
                HeadWeights = (double)h * vocabulary, Vocabulary = vocabulary, ScanFlop = layers * mixer.ScanFlop,
                TransientElements = Math.Max(4.0 * h, 2.0 * inner + h), ActivationElements = layers * (8.0 * h + 6.0 * inner),
            },
        };
    }

    public static void AddMixer(WeightLedger weights, Mixer mixer, long layers)
    {
        weights.Matrix(Component.StateSpace, 1, mixer.MatrixWeights, layers);
        weights.Vector(Component.StateSpace, mixer.VectorWeights, layers);
    }

    /// <summary>Mamba-1. Convolution, A, D and biases are no matrix products: their work is the scan's.</summary>
    public static Mixer First(ModelConfig config, long h, long inner, string stateKey, string kernelKey, string rankKey, bool innerNorms)
    {
        var state = config.FindWhole(stateKey) ?? 16;
        var kernel = config.FindWhole(kernelKey) ?? 4;
        var rank = config.FindWhole(rankKey) ?? (h + 15) / 16;
        var matrix = checked(2 * h * inner + inner * (rank + 2 * state) + rank * inner + inner * h);
        var vector = checked(inner * kernel + (config.FindFlag("use_conv_bias") ?? config.FindFlag("mamba_conv_bias") ?? true ? inner : 0) + inner + inner * state + inner
            + (config.FindFlag("use_bias") ?? config.FindFlag("mamba_proj_bias") ?? false ? 2 * inner + h : 0)
            + (innerNorms ? rank + 2 * state : 0));
        return new(matrix, vector, inner * (double)state + (kernel - 1.0) * inner, 9.0 * inner * state + 2.0 * kernel * inner);
    }

    /// <summary>Mamba-2: heads share A and the step; groups share B and C.</summary>
    public static Mixer Second(ModelConfig config, long h, long inner, string prefix = "", bool isHybrid = false)
    {
        var state = config.FindWhole(isHybrid ? [prefix + "d_state", "ssm_state_size"] : ["state_size"]) ?? 128;
        var kernel = config.FindWhole(isHybrid ? [prefix + "d_conv", "conv_kernel"] : ["conv_kernel"]) ?? 4;
        var groups = config.FindWhole(isHybrid ? [prefix + "n_groups", "n_groups"] : ["n_groups"]) ?? 1;
        var headSize = Math.Max(1, config.FindWhole(isHybrid ? [prefix + "d_head", prefix + "head_dim"] : ["head_dim"]) ?? 64);
        var heads = config.FindWhole(isHybrid ? [prefix + "n_heads", prefix + "num_heads"] : ["num_heads"]) ?? inner / headSize;
        var channels = checked(inner + 2 * groups * state);
        var matrix = checked(h * (2 * inner + 2 * groups * state + heads) + inner * h);
        var vector = checked(channels * kernel + (config.FindFlag("use_conv_bias") ?? config.FindFlag("mamba_conv_bias") ?? true ? channels : 0) + 3 * heads + inner);
        return new(matrix, vector, inner * (double)state + (kernel - 1.0) * channels, 9.0 * inner * state + 2.0 * kernel * channels);
    }
}
