namespace ModelZoo.Profiling.Architectures;

/// <summary>The autoencoder of latent diffusion (diffusers, AutoencoderKL). One unit is one picture out of its latents; the way in is counted in the weights only.</summary>
static class Autoencoder
{
    public const string Type = "AutoencoderKL";

    public static Blueprint Build(ModelConfig config)
    {
        var widths = config.FindWholes("block_out_channels") ?? [128, 256, 512, 512];
        var depth = config.FindWhole("layers_per_block") ?? 2;
        var (pixels, latents) = (config.FindWhole("in_channels") ?? 3, config.FindWhole("latent_channels") ?? 4);
        var size = config.FindWhole("sample_size") ?? 512;
        if (widths.Count is 0 or > 20 || widths.Any(w => w < 1)) throw new ProfileException("'block_out_channels' must list the width of each stage.");
        if (depth is < 1 or > 1000 || size is < 1 or > 1 << 14) throw new ProfileException($"{depth} layers per block at {size} pixels cannot be.");
        var weights = new WeightLedger();
        Encode(new(weights, 0), config, widths, depth, pixels, latents);
        var decoder = new Net(weights, Math.Max(1, size >> (widths.Count - 1)));
        if (config.FindFlag("use_post_quant_conv") ?? true) decoder.Conv(latents, latents, 1);
        decoder.Conv(latents, widths[^1], 3);
        decoder.Middle(widths[^1]);
        var channels = widths[^1];
        for (var stage = widths.Count - 1; stage >= 0; stage--)
        {
            for (var i = 0; i <= depth; i++, channels = widths[stage]) decoder.Residual(channels, widths[stage]);
            if (stage == 0) break;
            decoder.Side *= 2;
            decoder.Conv(channels, channels, 3);
        }
        weights.Vector(Component.Norm, 2 * channels);
        decoder.Conv(channels, config.FindWhole("out_channels") ?? 3, 3);
        return new()
        {
            Family = ModelFamily.ConvolutionalNetwork, ModelType = Type, Weights = weights, Shape = new() { ImageSize = size },
            Notices = [$"One unit decodes one picture of {size} × {size} pixels; the encoder's weights are counted, its work is not."],
            Work = new()
            {
                Unit = WorkUnit.Image, FlopPerUnit = 2.0 * weights.Macs, ImageSize = size, ActivationElements = weights.ActivationElements,
                PeakActivationElements = 4.0 * weights.LargestActivationElements, PairFlop = 2.0 * weights.FreeMacs,
            },
        };
    }

    static void Encode(Net encoder, ModelConfig config, IReadOnlyList<long> widths, long depth, long pixels, long latents)
    {
        encoder.Conv(pixels, widths[0], 3);
        var channels = widths[0];
        for (var stage = 0; stage < widths.Count; stage++)
        {
            for (var i = 0; i < depth; i++, channels = widths[stage]) encoder.Residual(channels, widths[stage]);
            if (stage < widths.Count - 1) encoder.Conv(channels, channels, 3);
        }
        encoder.Middle(channels);
        encoder.Norm(channels);
        // Mean and variance of each latent.
        encoder.Conv(channels, checked(2 * latents), 3);
        if (config.FindFlag("use_quant_conv") ?? true) encoder.Conv(checked(2 * latents), checked(2 * latents), 1);
    }

    /// <param name="side">Of the picture at this point; 0 for weights that only count.</param>
    sealed class Net(WeightLedger weights, long side)
    {
        public long Side { get; set; } = side;

        public void Conv(long inputs, long outputs, long kernel)
        {
            var pixels = checked(Side * Side);
            weights.Matrix(Component.Convolution, checked(inputs * kernel * kernel), outputs, used: pixels == 0 ? 0 : 1, uses: pixels);
            weights.Vector(Component.Convolution, outputs);
            weights.AddActivations(checked(outputs * pixels));
        }

        public void Norm(long channels) => weights.Vector(Component.Norm, checked(2 * channels));

        public void Residual(long inputs, long outputs)
        {
            Norm(inputs);
            Conv(inputs, outputs, 3);
            Norm(outputs);
            Conv(outputs, outputs, 3);
            if (inputs != outputs) Conv(inputs, outputs, 1);
        }

        /// <summary>Two residual blocks around one head of attention over all pixels.</summary>
        public void Middle(long channels)
        {
            Residual(channels, channels);
            Norm(channels);
            var tokens = checked(Side * Side);
            weights.Matrix(Component.Attention, channels, channels, 4, used: tokens == 0 ? 0 : 4, uses: tokens);
            weights.Vector(Component.Attention, checked(4 * channels));
            weights.AddMacs(checked(2 * tokens * tokens * channels));
            Residual(channels, channels);
        }
    }
}
