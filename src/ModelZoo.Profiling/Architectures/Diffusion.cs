namespace ModelZoo.Profiling.Architectures;

/// <summary>Diffusion transformers: DiT and FLUX. One unit is one call of the denoiser.</summary>
static class Diffusion
{
    public static bool Knows(string modelType) => modelType is "UNet2DConditionModel" or "DiTTransformer2DModel" or "FluxTransformer2DModel";

    public static Blueprint Build(string modelType, ModelConfig config) => modelType switch
    {
        "UNet2DConditionModel" => UNet.Build(config),
        "DiTTransformer2DModel" => DiT(config),
        _ => Flux(config),
    };

    /// <summary>arXiv:2212.09748. Per block 18h² + 15h: attention 4, feed-forward 8, modulation 6.</summary>
    static Blueprint DiT(ModelConfig config)
    {
        var layers = Layers(config.FindWhole("num_layers") ?? 28);
        var h = checked((config.FindWhole("num_attention_heads") ?? 16) * (config.FindWhole("attention_head_dim") ?? 72));
        var (channels, patch, side) = (config.FindWhole("in_channels") ?? 4, config.FindWhole("patch_size") ?? 2, config.FindWhole("sample_size") ?? 32);
        var outputs = config.FindWhole("out_channels") ?? checked(2 * channels);
        if (patch < 1 || side < patch || side > 1 << 16) throw new ProfileException($"Patches of {patch} in {side} cannot be.");
        var tokens = checked(side / patch * (side / patch));
        var classes = config.FindWhole("num_embeds_ada_norm") ?? 1000;
        var weights = new WeightLedger();
        weights.Matrix(Component.Embedding, checked(patch * patch * channels), h, uses: tokens);
        weights.Vector(Component.Embedding, h, tokens + 1);
        weights.Matrix(Component.Embedding, 256, h);
        weights.Matrix(Component.Embedding, h, h);
        weights.Vector(Component.Embedding, h, 2);
        weights.LookUp(classes + 1, h);
        weights.Matrix(Component.Attention, h, h, checked(4 * layers), uses: tokens);
        weights.Matrix(Component.FeedForward, h, h, checked(8 * layers), uses: tokens);
        weights.Matrix(Component.Norm, h, h, checked(6 * layers));
        weights.Vector(Component.Other, h, checked(15 * layers));
        weights.AddMacs(checked(2 * tokens * tokens * h * layers));
        weights.Matrix(Component.Norm, h, checked(2 * h));
        weights.Vector(Component.Norm, checked(2 * h));
        weights.Matrix(Component.Head, h, checked(patch * patch * outputs), uses: tokens);
        weights.Vector(Component.Head, checked(patch * patch * outputs));
        // 250 steps in the paper, each with and without the class (guidance).
        return Of("DiTTransformer2DModel", ModelFamily.DiffusionTransformer, weights, layers, h, tokens, side * 8, 250, 2) with { Notices = ["A picture takes 250 steps of 2 calls (guidance), as in the paper, unless told otherwise."] };
    }

    /// <summary>Two kinds of blocks: 36h² + 30h + 4d with separate weights for text and image, then 15h² + 11h + 2d on both together.</summary>
    static Blueprint Flux(ModelConfig config)
    {
        var (pairs, singles) = (Layers(config.FindWhole("num_layers") ?? 19), Layers(config.FindWhole("num_single_layers") ?? 38));
        var d = config.FindWhole("attention_head_dim") ?? 128;
        var h = checked((config.FindWhole("num_attention_heads") ?? 24) * d);
        var (inputs, text, pooled) = (config.FindWhole("in_channels") ?? 64, config.FindWhole("joint_attention_dim") ?? 4096, config.FindWhole("pooled_projection_dim") ?? 768);
        // 1024 × 1024 pixels are 64 × 64 patches of 2 × 2 latents; prompts are padded to 512 tokens.
        const long image = 4096, prompt = 512, tokens = image + prompt;
        var weights = new WeightLedger();
        weights.Matrix(Component.Embedding, inputs, h, uses: image);
        weights.Matrix(Component.Embedding, text, h, uses: prompt);
        weights.Vector(Component.Embedding, h, 2);
        foreach (var width in config.FindFlag("guidance_embeds") == true ? (long[])[256, 256, pooled] : [256, pooled])
        {
            weights.Matrix(Component.Embedding, width, h);
            weights.Matrix(Component.Embedding, h, h);
            weights.Vector(Component.Embedding, h, 2);
        }
        // Image and text go through their own 12h² each.
        weights.Matrix(Component.Attention, h, h, checked(4 * pairs), uses: image);
        weights.Matrix(Component.Attention, h, h, checked(4 * pairs), uses: prompt);
        weights.Matrix(Component.FeedForward, h, h, checked(8 * pairs), uses: image);
        weights.Matrix(Component.FeedForward, h, h, checked(8 * pairs), uses: prompt);
        weights.Matrix(Component.Norm, h, h, checked(12 * pairs));
        weights.Vector(Component.Other, checked(30 * h + 4 * d), pairs);
        weights.Matrix(Component.Attention, h, h, checked(4 * singles), uses: tokens);
        weights.Matrix(Component.FeedForward, h, h, checked(8 * singles), uses: tokens);
        weights.Matrix(Component.Norm, h, h, checked(3 * singles));
        weights.Vector(Component.Other, checked(11 * h + 2 * d), singles);
        weights.AddMacs(checked(2 * tokens * tokens * h * (pairs + singles)));
        weights.Matrix(Component.Norm, h, checked(2 * h));
        weights.Vector(Component.Norm, checked(2 * h));
        weights.Matrix(Component.Head, h, inputs, uses: image);
        weights.Vector(Component.Head, inputs);
        // The model whose guidance is distilled takes 28 steps, the one without an input for it four; one call each.
        var steps = config.FindFlag("guidance_embeds") == true ? 28 : 4;
        return Of("FluxTransformer2DModel", ModelFamily.DiffusionTransformer, weights, pairs + singles, h, tokens, 1024, steps, 1) with
        {
            Notices = [$"One call is 1024 × 1024 pixels and 512 text tokens. A picture takes {steps} steps of one call unless told otherwise."],
        };
    }

    static Blueprint Of(string modelType, ModelFamily family, WeightLedger weights, long layers, long h, long tokens, long image, double steps, double callsPerStep) => new()
    {
        Family = family, ModelType = modelType, Weights = weights,
        Shape = new() { Layers = layers, Hidden = h, ImageSize = image, TokensPerImage = tokens },
        Work = new()
        {
            Unit = WorkUnit.Call, FlopPerUnit = 2.0 * weights.Macs, ImageSize = image,
            ActivationElements = layers * tokens * 46.0 * h * 0.6, PeakActivationElements = tokens * 9.0 * h,
            CallsPerResult = steps * callsPerStep, CallsPerStep = callsPerStep, PairFlop = 2.0 * weights.FreeMacs,
        },
    };

    static long Layers(long count) => count is >= 0 and <= ProfileLimits.MaxLayers ? count : throw new ProfileException($"{count} layers cannot be.");
}
