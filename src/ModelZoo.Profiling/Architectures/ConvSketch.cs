namespace ModelZoo.Profiling.Architectures;

/// <summary>
/// A convolution network written down layer by layer while the size of its picture is followed: weights, multiply-accumulates and outputs.
/// Buffers of batch norms are no parameters. Outputs of convolutions and linear layers count as activations, as timm's tables do.
/// </summary>
sealed class ConvSketch(long channels, long height, long width)
{
    public WeightLedger Weights { get; } = new();
    public long Channels { get; set; } = channels;
    public long Height { get; set; } = height;
    public long Width { get; set; } = width;

    public long Pixels => checked(Height * Width);

    /// <param name="padding">Pixels on each side; null for "same" (half the kernel).</param>
    public ConvSketch Conv(long outputs, long kernel, long stride = 1, long? padding = null, long groups = 1, bool bias = false, bool norm = true, bool ceiling = false)
    {
        if (outputs < 1 || kernel < 1 || stride < 1 || groups < 1 || Channels % groups != 0)
            throw new ProfileException($"A convolution from {Channels} to {outputs} channels in {groups} groups cannot be.");
        var pad = padding ?? kernel / 2;
        Height = After(Height, kernel, stride, pad, ceiling);
        Width = After(Width, kernel, stride, pad, ceiling);
        Weights.Matrix(Component.Convolution, checked(Channels / groups * kernel * kernel), outputs, uses: Pixels);
        if (bias) Weights.Vector(Component.Convolution, outputs);
        if (norm) Weights.Vector(Component.Norm, checked(2 * outputs));
        Weights.AddActivations(checked(outputs * Pixels));
        Channels = outputs;
        return this;
    }

    public ConvSketch DepthWise(long kernel, long stride, bool bias = false, bool norm = true) =>
        Conv(Channels, kernel, stride, groups: Channels, bias: bias, norm: norm);

    public ConvSketch Pool(long kernel, long stride, long padding = 0, bool ceiling = false)
    {
        Height = After(Height, kernel, stride, padding, ceiling);
        Width = After(Width, kernel, stride, padding, ceiling);
        return this;
    }

    public ConvSketch GlobalPool()
    {
        (Height, Width) = (1, 1);
        return this;
    }

    public ConvSketch Linear(long outputs, bool bias = true, Component component = Component.Head)
    {
        Weights.Matrix(component, checked(Channels * Pixels), outputs);
        if (bias) Weights.Vector(component, outputs);
        Weights.AddActivations(outputs);
        (Channels, Height, Width) = (outputs, 1, 1);
        return this;
    }

    /// <summary>Squeeze and excite: two 1×1 convolutions with biases on the pooled picture. The picture itself stays.</summary>
    public ConvSketch SqueezeExcite(long squeezed)
    {
        Weights.Matrix(Component.Convolution, Channels, squeezed);
        Weights.Matrix(Component.Convolution, squeezed, Channels);
        Weights.Vector(Component.Convolution, checked(squeezed + Channels));
        Weights.AddActivations(checked(squeezed + Channels));
        return this;
    }

    /// <summary>A side path from <paramref name="channels"/> channels that ends where the main path stands.</summary>
    public ConvSketch Shortcut(long channels, bool bias = false)
    {
        Weights.Matrix(Component.Convolution, channels, Channels, uses: Pixels);
        if (bias) Weights.Vector(Component.Convolution, Channels);
        Weights.Vector(Component.Norm, checked(2 * Channels));
        Weights.AddActivations(checked(Channels * Pixels));
        return this;
    }

    static long After(long size, long kernel, long stride, long padding, bool ceiling)
    {
        var free = checked(size + 2 * padding - kernel);
        if (free < 0) throw new ProfileException($"A picture of {size} pixels is too small for this network.");
        var after = (ceiling ? (free + stride - 1) / stride : free / stride) + 1;
        // A last window that would lie wholly in the padding does not count.
        return ceiling && (after - 1) * stride >= size + padding ? after - 1 : after;
    }

    /// <summary>Widths are rounded to multiples of 8 and never lose more than a tenth (MobileNetV2, arXiv:1801.04381, reference code).</summary>
    public static long Rounded(double width, long divisor = 8, long? least = null)
    {
        var rounded = Math.Max(least ?? divisor, (long)(width + divisor / 2.0) / divisor * divisor);
        return rounded < 0.9 * width ? rounded + divisor : rounded;
    }

    public Blueprint ToBlueprint(string modelType, long layers, long imageSize) => new()
    {
        Family = ModelFamily.ConvolutionalNetwork, ModelType = modelType, Weights = Weights,
        Shape = new() { Layers = layers, ImageSize = imageSize },
        Work = new()
        {
            Unit = WorkUnit.Image, FlopPerUnit = 2.0 * Weights.Macs, ActivationElements = Weights.ActivationElements,
            PeakActivationElements = 2.0 * Weights.LargestActivationElements, ImageSize = imageSize,
        },
    };
}
