namespace ModelZoo.Profiling.Architectures;

/// <summary>
/// The denoiser of Stable Diffusion and its successors (diffusers, UNet2DConditionModel): residual blocks that take the time step, and
/// transformers that look at the prompt of 77 tokens.
/// </summary>
sealed class UNet
{
    const long Prompt = 77;

    readonly WeightLedger _weights = new();
    readonly long _time;
    readonly bool _linear;
    readonly Func<int, long> _cross;
    long _side;

    UNet(ModelConfig config)
    {
        var widths = config.FindWholes("block_out_channels") ?? [320, 640, 1280, 1280];
        if (widths.Count is 0 or > 20 || widths.Any(w => w < 1)) throw new ProfileException("'block_out_channels' must list the width of each stage.");
        var depth = config.FindWhole("layers_per_block") ?? 2;
        var side = config.FindWhole("sample_size") ?? 64;
        if (depth is < 1 or > 1000 || side is < 1 or > 1 << 14) throw new ProfileException($"{depth} layers per block at {side} latents cannot be.");
        var crossAll = config.FindWholes("cross_attention_dim");
        if (crossAll is { Count: 0 }) throw new ProfileException("'cross_attention_dim' is an empty list.");
        var crossOne = config.FindWhole("cross_attention_dim") ?? 1280;
        _cross = stage => crossAll is null ? crossOne : crossAll[Math.Min(stage, crossAll.Count - 1)];
        _linear = config.FindFlag("use_linear_projection") ?? false;
        _time = checked(4 * widths[0]);
        _side = side;
        Build(config, widths, (int)depth);
    }

    public static Blueprint Build(ModelConfig config)
    {
        var net = new UNet(config);
        var side = config.FindWhole("sample_size") ?? 64;
        return new()
        {
            Family = ModelFamily.DiffusionUNet, ModelType = "UNet2DConditionModel", Weights = net._weights,
            Shape = new() { ImageSize = checked(side * 8) },
            Notices = [$"One call is one pass on {side} × {side} latents, {side * 8} × {side * 8} pixels. A picture takes 50 steps of 2 calls (guidance), as diffusers does unless told otherwise."],
            Work = new()
            {
                Unit = WorkUnit.Call, FlopPerUnit = 2.0 * net._weights.Macs, ImageSize = side * 8,
                ActivationElements = net._weights.ActivationElements, PeakActivationElements = 4.0 * net._weights.LargestActivationElements,
                CallsPerResult = 100, CallsPerStep = 2, PairFlop = 2.0 * net._weights.FreeMacs,
            },
        };
    }

    void Build(ModelConfig config, IReadOnlyList<long> widths, int depth)
    {
        var down = config.FindTexts("down_block_types") ?? throw new ProfileException("The configuration has no 'down_block_types'.");
        if (down.Count != widths.Count) throw new ProfileException("'down_block_types' and 'block_out_channels' differ in length.");
        var up = config.FindTexts("up_block_types") ?? [.. down.Reverse().Select(type => type.Replace("Down", "Up", StringComparison.Ordinal))];
        if (up.Count != widths.Count) throw new ProfileException("'up_block_types' and 'block_out_channels' differ in length.");
        var perBlock = config.FindWholes("transformer_layers_per_block");
        if (perBlock is { Count: 0 }) throw new ProfileException("'transformer_layers_per_block' is an empty list.");
        var perBlockAll = config.FindWhole("transformer_layers_per_block") ?? 1;
        long Transformers(int stage) => perBlock is null ? perBlockAll : perBlock[Math.Min(stage, perBlock.Count - 1)];
        var (inputs, outputs) = (config.FindWhole("in_channels") ?? 4, config.FindWhole("out_channels") ?? 4);

        Linear(widths[0], _time, Component.Embedding);
        Linear(_time, _time, Component.Embedding);
        if (config.FindText("addition_embed_type") == "text_time")
        {
            Linear(config.GetWhole("projection_class_embeddings_input_dim"), _time, Component.Embedding);
            Linear(_time, _time, Component.Embedding);
        }
        Conv(inputs, widths[0], 3);
        var skips = new Stack<long>([widths[0]]);
        var channels = widths[0];
        for (var stage = 0; stage < widths.Count; stage++)
        {
            for (var i = 0; i < depth; i++)
            {
                Residual(channels, widths[stage]);
                channels = widths[stage];
                if (down[stage].StartsWith("CrossAttn", StringComparison.Ordinal)) Transformer(channels, Transformers(stage), _cross(stage));
                skips.Push(channels);
            }
            if (stage == widths.Count - 1) break;
            _side = (_side + 1) / 2;
            Conv(channels, channels, 3);
            skips.Push(channels);
        }
        Residual(channels, channels);
        Transformer(channels, Transformers(widths.Count - 1), _cross(widths.Count - 1));
        Residual(channels, channels);
        for (var stage = widths.Count - 1; stage >= 0; stage--)
        {
            for (var i = 0; i <= depth; i++)
            {
                Residual(checked(channels + skips.Pop()), widths[stage]);
                channels = widths[stage];
                if (up[widths.Count - 1 - stage].StartsWith("CrossAttn", StringComparison.Ordinal)) Transformer(channels, Transformers(stage), _cross(stage));
            }
            if (stage == 0) break;
            _side *= 2;
            Conv(channels, channels, 3);
        }
        _weights.Vector(Component.Norm, 2 * channels);
        Conv(channels, outputs, 3);
    }

    long Pixels => checked(_side * _side);

    void Conv(long inputs, long outputs, long kernel)
    {
        _weights.Matrix(Component.Convolution, checked(inputs * kernel * kernel), outputs, uses: Pixels);
        _weights.Vector(Component.Convolution, outputs);
        _weights.AddActivations(checked(outputs * Pixels));
    }

    void Linear(long inputs, long outputs, Component component)
    {
        _weights.Matrix(component, inputs, outputs);
        _weights.Vector(component, outputs);
    }

    void Residual(long inputs, long outputs)
    {
        _weights.Vector(Component.Norm, checked(2 * inputs));
        Conv(inputs, outputs, 3);
        Linear(_time, outputs, Component.Embedding);
        _weights.Vector(Component.Norm, checked(2 * outputs));
        Conv(outputs, outputs, 3);
        if (inputs != outputs) Conv(inputs, outputs, 1);
    }

    /// <summary>Self-attention, attention to the prompt, and a gated feed-forward of 4 times the width; queries, keys and values without bias.</summary>
    void Transformer(long c, long layers, long cross)
    {
        if (layers is < 0 or > 1000) throw new ProfileException($"{layers} transformer layers in one block cannot be.");
        var tokens = Pixels;
        _weights.Vector(Component.Norm, checked(2 * c));
        _weights.Matrix(_linear ? Component.Attention : Component.Convolution, c, c, 2, uses: tokens);
        _weights.Vector(Component.Attention, c, 2);
        _weights.Matrix(Component.Attention, c, c, checked(6 * layers), uses: tokens);
        _weights.Matrix(Component.Attention, cross, c, checked(2 * layers), uses: Prompt);
        _weights.Vector(Component.Attention, c, checked(2 * layers));
        _weights.AddMacs(checked((2 * tokens * tokens * c + 2 * tokens * Prompt * c) * layers));
        _weights.Matrix(Component.FeedForward, c, checked(8 * c), layers, uses: tokens);
        _weights.Vector(Component.FeedForward, checked(8 * c), layers);
        _weights.Matrix(Component.FeedForward, checked(4 * c), c, layers, uses: tokens);
        _weights.Vector(Component.FeedForward, c, layers);
        _weights.Vector(Component.Norm, checked(6 * c), layers);
        _weights.AddActivations(checked(tokens * 14 * c * Math.Max(1, layers)));
    }
}
