namespace ModelZoo.Profiling.Architectures;

/// <summary>Convolution networks that a name decides, as timm and torchvision use it in <c>architecture</c>; <c>pretrained_cfg.input_size</c> gives the picture.</summary>
static class NamedNets
{
    static readonly Dictionary<string, Func<ConvSketch, long, long>> Builders = new(StringComparer.Ordinal)
    {
        ["alexnet"] = AlexNet,
        ["vgg11"] = (net, classes) => Vgg(net, classes, [1, 1, 2, 2, 2]), ["vgg13"] = (net, classes) => Vgg(net, classes, [2, 2, 2, 2, 2]),
        ["vgg16"] = (net, classes) => Vgg(net, classes, [2, 2, 3, 3, 3]), ["vgg19"] = (net, classes) => Vgg(net, classes, [2, 2, 4, 4, 4]),
        ["densenet121"] = (net, classes) => DenseNet(net, classes, 32, [6, 12, 24, 16]), ["densenet169"] = (net, classes) => DenseNet(net, classes, 32, [6, 12, 32, 32]),
        ["densenet201"] = (net, classes) => DenseNet(net, classes, 32, [6, 12, 48, 32]),
        ["squeezenet1_0"] = SqueezeNet,
        ["mobilenetv3_large_100"] = (net, classes) => MobileNetV3(net, classes, isLarge: true), ["mobilenet_v3_large"] = (net, classes) => MobileNetV3(net, classes, isLarge: true),
        ["mobilenetv3_small_100"] = (net, classes) => MobileNetV3(net, classes, isLarge: false), ["mobilenet_v3_small"] = (net, classes) => MobileNetV3(net, classes, isLarge: false),
        ["resnet18"] = (net, classes) => ResNet(net, classes, [2, 2, 2, 2], true), ["resnet34"] = (net, classes) => ResNet(net, classes, [3, 4, 6, 3], true),
        ["resnet50"] = (net, classes) => ResNet(net, classes, [3, 4, 6, 3], false), ["resnet101"] = (net, classes) => ResNet(net, classes, [3, 4, 23, 3], false),
        ["resnet152"] = (net, classes) => ResNet(net, classes, [3, 8, 36, 3], false),
    };

    public static bool Knows(string name) => Builders.ContainsKey(Base(name));

    public static Blueprint Build(string name, ModelConfig config)
    {
        var input = config.FindPart("pretrained_cfg")?.FindWholes("input_size") ?? config.FindWholes("input_size") ?? [3, 224, 224];
        if (input.Count != 3 || input.Any(axis => axis is < 1 or > 1 << 16)) throw new ProfileException("'input_size' must be channels, height and width.");
        var net = new ConvSketch(input[0], input[1], input[2]);
        var layers = Builders[Base(name)](net, config.FindWhole("num_classes") ?? 1000);
        return net.ToBlueprint(name, layers, input[1]);
    }

    /// <summary>timm writes how weights were trained behind a dot.</summary>
    static string Base(string name) => name.Split('.')[0];

    static long AlexNet(ConvSketch net, long classes)
    {
        net.Conv(64, 11, 4, 2, bias: true, norm: false).Pool(3, 2).Conv(192, 5, bias: true, norm: false).Pool(3, 2)
            .Conv(384, 3, bias: true, norm: false).Conv(256, 3, bias: true, norm: false).Conv(256, 3, bias: true, norm: false).Pool(3, 2);
        (net.Height, net.Width) = (6, 6);
        net.Linear(4096).Linear(4096).Linear(classes);
        return 8;
    }

    static long Vgg(ConvSketch net, long classes, int[] depths)
    {
        long width = 64, layers = 3;
        foreach (var depth in depths)
        {
            for (var i = 0; i < depth; i++, layers++) net.Conv(width, 3, bias: true, norm: false);
            net.Pool(2, 2);
            width = Math.Min(512, width * 2);
        }
        (net.Height, net.Width) = (7, 7);
        net.Linear(4096).Linear(4096).Linear(classes);
        return layers;
    }

    /// <summary>Norms stand before their convolutions, so they have as many channels as go in.</summary>
    static long DenseNet(ConvSketch net, long classes, long growth, int[] depths)
    {
        net.Conv(64, 7, 2, 3).Pool(3, 2, 1);
        long channels = 64, layers = 2;
        for (var stage = 0; stage < depths.Length; stage++)
        {
            for (var i = 0; i < depths[stage]; i++, layers += 2)
            {
                net.Channels = channels;
                net.Weights.Vector(Component.Norm, 2 * channels);
                net.Conv(4 * growth, 1).Conv(growth, 3, norm: false);
                channels += growth;
            }
            net.Channels = channels;
            net.Weights.Vector(Component.Norm, 2 * channels);
            if (stage == depths.Length - 1) break;
            net.Conv(channels / 2, 1, norm: false).Pool(2, 2);
            channels /= 2;
            layers++;
        }
        net.GlobalPool().Linear(classes);
        return layers;
    }

    static long SqueezeNet(ConvSketch net, long classes)
    {
        net.Conv(96, 7, 2, 0, bias: true, norm: false).Pool(3, 2, ceiling: true);
        Fire(16, 64);
        Fire(16, 64);
        Fire(32, 128);
        net.Pool(3, 2, ceiling: true);
        Fire(32, 128);
        Fire(48, 192);
        Fire(48, 192);
        Fire(64, 256);
        net.Pool(3, 2, ceiling: true);
        Fire(64, 256);
        net.Conv(classes, 1, bias: true, norm: false).GlobalPool();
        return 18;

        void Fire(long squeeze, long expand)
        {
            net.Conv(squeeze, 1, bias: true, norm: false).Conv(expand, 1, bias: true, norm: false);
            net.Channels = squeeze;
            net.Conv(expand, 3, bias: true, norm: false);
            net.Channels = 2 * expand;
        }
    }

    /// <summary>arXiv:1905.02244, tables 1 and 2; squeeze-excite widths as torchvision rounds them.</summary>
    static long MobileNetV3(ConvSketch net, long classes, bool isLarge)
    {
        (int Kernel, int Expanded, int Width, bool Excites, int Stride)[] blocks = isLarge
            ?
            [
                (3, 16, 16, false, 1), (3, 64, 24, false, 2), (3, 72, 24, false, 1), (5, 72, 40, true, 2), (5, 120, 40, true, 1), (5, 120, 40, true, 1),
                (3, 240, 80, false, 2), (3, 200, 80, false, 1), (3, 184, 80, false, 1), (3, 184, 80, false, 1), (3, 480, 112, true, 1), (3, 672, 112, true, 1),
                (5, 672, 160, true, 2), (5, 960, 160, true, 1), (5, 960, 160, true, 1),
            ]
            :
            [
                (3, 16, 16, true, 2), (3, 72, 24, false, 2), (3, 88, 24, false, 1), (5, 96, 40, true, 2), (5, 240, 40, true, 1), (5, 240, 40, true, 1),
                (5, 120, 48, true, 1), (5, 144, 48, true, 1), (5, 288, 96, true, 2), (5, 576, 96, true, 1), (5, 576, 96, true, 1),
            ];
        net.Conv(16, 3, 2);
        foreach (var (kernel, expanded, width, excites, stride) in blocks)
        {
            if (expanded != net.Channels) net.Conv(expanded, 1);
            net.DepthWise(kernel, stride);
            if (excites) net.SqueezeExcite(ConvSketch.Rounded(expanded / 4.0));
            net.Conv(width, 1);
        }
        net.Conv(net.Channels * 6, 1).GlobalPool().Linear(isLarge ? 1280 : 1024).Linear(classes);
        return blocks.Length * 3 + 3;
    }

    static long ResNet(ConvSketch net, long classes, int[] depths, bool isBasic)
    {
        net.Conv(64, 7, 2, 3).Pool(3, 2, 1);
        var layers = 2L;
        for (var stage = 0; stage < 4; stage++)
            for (var block = 0; block < depths[stage]; block++, layers += isBasic ? 2 : 3)
            {
                var (before, stride, width) = (net.Channels, block == 0 && stage > 0 ? 2 : 1, 64L << stage);
                if (isBasic) net.Conv(width, 3, stride).Conv(width, 3);
                else net.Conv(width, 1).Conv(width, 3, stride).Conv(4 * width, 1);
                if (before != net.Channels || stride > 1) net.Shortcut(before);
            }
        net.GlobalPool().Linear(classes);
        return layers;
    }
}
