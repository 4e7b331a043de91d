namespace ModelZoo.Profiling.Architectures;

/// <summary>Convolution networks whose configuration decides their widths: ResNet, ConvNeXt, MobileNet V1 and V2, EfficientNet.</summary>
static class ConvNets
{
    public static bool Knows(string modelType) => modelType is "resnet" or "convnext" or "mobilenet_v1" or "mobilenet_v2" or "efficientnet";

    public static Blueprint Build(string modelType, ModelConfig config)
    {
        var size = config.FindWhole("image_size") ?? 224;
        if (size is < 1 or > 1 << 16) throw new ProfileException($"A picture of {size} pixels cannot be.");
        return modelType switch
        {
            "resnet" => ResNet(config, size),
            "convnext" => ConvNext(config, size),
            "mobilenet_v1" => MobileNetV1(config, size),
            "mobilenet_v2" => MobileNetV2(config, size),
            _ => EfficientNet(config, size),
        };
    }

    /// <summary>Classes of the head; null for a model without one.</summary>
    public static long? Classes(ModelConfig config) =>
        config.Class is { } name && !name.EndsWith("ImageClassification", StringComparison.Ordinal) ? null
            : config.FindWhole("num_labels", "num_classes") ?? config.CountEntries("id2label") ?? (config.Class is null ? null : 2);

    static Blueprint ResNet(ModelConfig config, long size)
    {
        var widths = config.FindWholes("hidden_sizes") ?? [256, 512, 1024, 2048];
        var depths = config.FindWholes("depths") ?? [3, 4, 6, 3];
        var stem = config.FindWhole("embedding_size") ?? 64;
        var isBasic = config.FindText("layer_type") == "basic";
        Check(widths, depths);
        var net = new ConvSketch(config.FindWhole("num_channels") ?? 3, size, size).Conv(stem, 7, 2, 3).Pool(3, 2, 1);
        var layers = 2L;
        for (var stage = 0; stage < widths.Count; stage++)
            for (var block = 0; block < depths[stage]; block++)
            {
                var (before, stride) = (net.Channels, block == 0 && stage > 0 ? 2 : 1);
                var outputs = widths[stage];
                if (isBasic) net.Conv(outputs, 3, stride).Conv(outputs, 3);
                else net.Conv(outputs / 4, 1).Conv(outputs / 4, 3, stride).Conv(outputs, 1);
                if (before != outputs || stride > 1) net.Shortcut(before);
                layers += isBasic ? 2 : 3;
            }
        net.GlobalPool();
        if (Classes(config) is { } classes) net.Linear(classes);
        return net.ToBlueprint("resnet", layers, size);
    }

    static Blueprint ConvNext(ModelConfig config, long size)
    {
        var widths = config.FindWholes("hidden_sizes") ?? [96, 192, 384, 768];
        var depths = config.FindWholes("depths") ?? [3, 3, 9, 3];
        Check(widths, depths);
        var patch = config.FindWhole("patch_size") ?? 4;
        var net = new ConvSketch(config.FindWhole("num_channels") ?? 3, size, size).Conv(widths[0], patch, patch, 0, bias: true);
        var layers = 1L;
        for (var stage = 0; stage < widths.Count; stage++)
        {
            if (stage > 0)
            {
                net.Weights.Vector(Component.Norm, checked(2 * net.Channels));
                net.Conv(widths[stage], 2, 2, 0, bias: true, norm: false);
            }
            for (var block = 0; block < depths[stage]; block++, layers += 3)
            {
                net.DepthWise(7, 1, bias: true).Conv(4 * widths[stage], 1, bias: true, norm: false).Conv(widths[stage], 1, bias: true, norm: false);
                net.Weights.Vector(Component.Norm, widths[stage]);
            }
        }
        net.Weights.Vector(Component.Norm, checked(2 * net.Channels));
        net.GlobalPool();
        if (Classes(config) is { } classes) net.Linear(classes);
        return net.ToBlueprint("convnext", layers, size);
    }

    static Blueprint MobileNetV1(ModelConfig config, long size)
    {
        var multiplier = Multiplier(config);
        (int Width, int Stride)[] blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)];
        var net = new ConvSketch(config.FindWhole("num_channels") ?? 3, size, size).Conv(Math.Max(8, (long)(32 * multiplier)), 3, 2);
        foreach (var (width, stride) in blocks) net.DepthWise(3, stride).Conv(Math.Max(8, (long)(width * multiplier)), 1);
        net.GlobalPool();
        if (Classes(config) is { } classes) net.Linear(classes);
        return net.ToBlueprint("mobilenet_v1", 28, size);
    }

    static Blueprint MobileNetV2(ModelConfig config, long size)
    {
        var multiplier = Multiplier(config);
        var divisor = Math.Max(1, config.FindWhole("depth_divisible_by") ?? 8);
        (int Expansion, int Width, int Count, int Stride)[] stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
        var net = new ConvSketch(config.FindWhole("num_channels") ?? 3, size, size).Conv(ConvSketch.Rounded(32 * multiplier, divisor), 3, 2);
        foreach (var (expansion, width, count, first) in stages)
            for (var block = 0; block < count; block++)
            {
                if (expansion > 1) net.Conv(net.Channels * expansion, 1);
                net.DepthWise(3, block == 0 ? first : 1).Conv(ConvSketch.Rounded(width * multiplier, divisor), 1);
            }
        net.Conv(ConvSketch.Rounded(1280 * Math.Max(1, multiplier), divisor), 1).GlobalPool();
        if (Classes(config) is { } classes) net.Linear(classes);
        return net.ToBlueprint("mobilenet_v2", 53, size);
    }

    static Blueprint EfficientNet(ModelConfig config, long size)
    {
        var (wide, deep) = (config.FindReal("width_coefficient") ?? 1, config.FindReal("depth_coefficient") ?? 1);
        if (wide is <= 0 or > 100 || deep is <= 0 or > 100) throw new ProfileException("'width_coefficient' and 'depth_coefficient' must lie between 0 and 100.");
        var divisor = Math.Max(1, config.FindWhole("depth_divisor") ?? 8);
        (int Kernel, int Expansion, int Width, int Count, int Stride)[] stages =
            [(3, 1, 16, 1, 1), (3, 6, 24, 2, 2), (5, 6, 40, 2, 2), (3, 6, 80, 3, 2), (5, 6, 112, 3, 1), (5, 6, 192, 4, 2), (3, 6, 320, 1, 1)];
        var net = new ConvSketch(config.FindWhole("num_channels") ?? 3, size, size).Conv(ConvSketch.Rounded(32 * wide, divisor), 3, 2);
        var layers = 2L;
        foreach (var (kernel, expansion, width, count, first) in stages)
            for (var block = 0; block < Math.Ceiling(count * deep); block++, layers += 3)
            {
                var before = net.Channels;
                if (expansion > 1) net.Conv(before * expansion, 1);
                net.DepthWise(kernel, block == 0 ? first : 1).SqueezeExcite(Math.Max(1, before / 4)).Conv(ConvSketch.Rounded(width * wide, divisor), 1);
            }
        net.Conv(checked(4 * ConvSketch.Rounded(320 * wide, divisor)), 1).GlobalPool();
        if (Classes(config) is { } classes) net.Linear(classes);
        return net.ToBlueprint("efficientnet", layers, size);
    }

    static double Multiplier(ModelConfig config) =>
        config.FindReal("depth_multiplier") is not { } multiplier ? 1 : multiplier is > 0 and <= 100 ? multiplier : throw new ProfileException($"'depth_multiplier' {multiplier} cannot be.");

    static void Check(IReadOnlyList<long> widths, IReadOnlyList<long> depths)
    {
        if (widths.Count == 0 || widths.Count != depths.Count || widths.Any(w => w < 4) || depths.Any(d => d is < 0 or > 10_000))
            throw new ProfileException("'hidden_sizes' and 'depths' must be lists of the same length with sensible numbers.");
    }
}
