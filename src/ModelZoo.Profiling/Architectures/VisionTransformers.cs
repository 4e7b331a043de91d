namespace ModelZoo.Profiling.Architectures;

/// <summary>Vision transformers, and the pairs of towers of CLIP and SigLIP.</summary>
static class VisionTransformers
{
    public static bool Knows(string modelType) => modelType is "vit" or "deit" or "dinov2" or "clip" or "siglip"
        or "siglip_vision_model" or "clip_vision_model" or "clip_text_model" or "pixtral_vision";

    public static Blueprint Build(string modelType, ModelConfig config) => modelType switch
    {
        "clip" => Clip(config),
        "siglip" => Siglip(config),
        "clip_text_model" => Text(config, "clip_text_model"),
        _ => Single(modelType, config),
    };

    sealed record Tower(long L, long H, long I, long Heads, long Image, long Patch, long Channels)
    {
        public static Tower Of(ModelConfig config, long defaultImage = 224)
        {
            var h = config.FindWhole("hidden_size") ?? 768;
            var tower = new Tower(config.FindWhole("num_hidden_layers") ?? 12, h, config.FindWhole("intermediate_size") ?? checked(h * (config.FindWhole("mlp_ratio") ?? 4)),
                config.FindWhole("num_attention_heads") ?? 12, config.FindWhole("image_size") ?? defaultImage, config.FindWhole("patch_size") ?? 16, config.FindWhole("num_channels") ?? 3);
            if (tower.L is < 1 or > ProfileLimits.MaxLayers || tower.Patch < 1 || tower.Image is < 1 or > 1 << 20 || tower.Heads < 1)
                throw new ProfileException($"{tower.L} layers on {tower.Image} pixels in patches of {tower.Patch} cannot be.");
            return tower;
        }

        public long Patches => checked(Image / Patch * (Image / Patch));
    }

    /// <summary>Blocks with every bias and two norms: 4h² + 4h + 2hI + I + h + 4h.</summary>
    static void AddBlocks(WeightLedger weights, Tower t, long tokens)
    {
        weights.Matrix(Component.Attention, t.H, t.H, checked(4 * t.L), uses: tokens);
        weights.Vector(Component.Attention, checked(4 * t.H), t.L);
        weights.Matrix(Component.FeedForward, t.H, t.I, checked(2 * t.L), uses: tokens);
        weights.Vector(Component.FeedForward, checked(t.I + t.H), t.L);
        weights.Vector(Component.Norm, checked(4 * t.H), t.L);
        weights.AddMacs(checked(2 * tokens * tokens * t.H * t.L));
        weights.AddActivations(checked(tokens * (14 * t.H + 8 * t.H + 6 * t.I) * t.L * 3 / 10));
    }

    static Blueprint Single(string modelType, ModelConfig config)
    {
        var t = Tower.Of(config);
        var weights = new WeightLedger();
        var isDino = modelType == "dinov2";
        var isSiglip = modelType == "siglip_vision_model";
        // DINOv2 stores positions for its training size and interpolates them for the size it works at.
        var work = isDino ? t with { Image = Math.Min(t.Image, 224 / t.Patch * t.Patch) } : t;
        var extra = isSiglip || modelType == "pixtral_vision" ? 0 : modelType == "deit" ? 2 : 1;
        var tokens = work.Patches + extra;
        weights.Matrix(Component.Embedding, checked(t.Patch * t.Patch * t.Channels), t.H, uses: work.Patches);
        if (modelType != "clip_vision_model") weights.Vector(Component.Embedding, t.H);
        if (modelType != "pixtral_vision") weights.Vector(Component.Embedding, t.H, checked(extra + t.Patches + extra));
        AddBlocks(weights, t, tokens);
        if (isDino)
        {
            weights.Vector(Component.Embedding, t.H);
            weights.Vector(Component.Norm, checked(2 * t.H), t.L);
        }
        weights.Vector(Component.Norm, checked(2 * t.H), modelType == "clip_vision_model" ? 2 : 1);
        if (isSiglip && config.FindFlag("vision_use_head") != false) AddAttentionPool(weights, t, tokens);
        AddClassifier(weights, config, modelType, t.H);
        return Of(modelType, ModelFamily.VisionTransformer, weights, t, work.Image, tokens);
    }

    static void AddAttentionPool(WeightLedger weights, Tower t, long tokens)
    {
        weights.Vector(Component.Head, t.H);
        weights.Matrix(Component.Head, t.H, t.H, 2, uses: 1);
        weights.Matrix(Component.Head, t.H, t.H, 2, uses: tokens);
        weights.Vector(Component.Head, checked(4 * t.H + 2 * t.H + t.I + t.H));
        weights.Matrix(Component.Head, t.H, t.I, 2);
    }

    static void AddClassifier(WeightLedger weights, ModelConfig config, string modelType, long h)
    {
        var name = config.Class ?? "";
        if (!name.EndsWith("ImageClassification", StringComparison.Ordinal) && !name.EndsWith("WithTeacher", StringComparison.Ordinal))
        {
            // The plain ViT and DeiT models have a pooler.
            if (modelType is "vit" or "deit" && name.EndsWith("Model", StringComparison.Ordinal)) weights.Vector(Component.Head, checked(h * h + h));
            return;
        }
        var labels = config.FindWhole("num_labels") ?? config.CountEntries("id2label") ?? 2;
        var inputs = modelType == "dinov2" ? checked(2 * h) : h;
        var copies = name.EndsWith("WithTeacher", StringComparison.Ordinal) ? 2 : 1;
        weights.Matrix(Component.Head, inputs, labels, copies);
        weights.Vector(Component.Head, labels, copies);
    }

    static Blueprint Clip(ModelConfig config)
    {
        var text = Text(config.FindPart("text_config") ?? config, "clip_text_model");
        var vision = Single("clip_vision_model", config.FindPart("vision_config") ?? throw new ProfileException("The configuration has no 'vision_config'."));
        var projection = config.FindWhole("projection_dim") ?? 512;
        var weights = new WeightLedger();
        weights.Add(text.Weights);
        weights.Add(vision.Weights, Component.VisionTower);
        weights.Matrix(Component.Head, text.Shape.Hidden!.Value, projection);
        weights.Matrix(Component.Head, vision.Shape.Hidden!.Value, projection);
        weights.Vector(Component.Head, 1);
        return Dual("clip", weights, text, vision);
    }

    static Blueprint Siglip(ModelConfig config)
    {
        var text = Text(config.FindPart("text_config") ?? config, "siglip_text_model");
        var vision = Single("siglip_vision_model", config.FindPart("vision_config") ?? throw new ProfileException("The configuration has no 'vision_config'."));
        var weights = new WeightLedger();
        weights.Add(text.Weights);
        weights.Add(vision.Weights, Component.VisionTower);
        weights.Matrix(Component.Head, text.Shape.Hidden!.Value, text.Shape.Hidden.Value);
        weights.Vector(Component.Head, text.Shape.Hidden.Value);
        weights.Vector(Component.Head, 2);
        return Dual("siglip", weights, text, vision);
    }

    static Blueprint Dual(string modelType, WeightLedger weights, Blueprint text, Blueprint vision) => new()
    {
        Family = ModelFamily.DualEncoder, ModelType = modelType, Weights = weights, Shape = vision.Shape,
        Parts = [("text", text), ("vision", vision)],
        Notices = ["One unit is one image and one text of full length; layers and widths are those of the vision tower."],
        Work = new()
        {
            Unit = WorkUnit.Input, FlopPerUnit = 2.0 * weights.Macs, ActivationElements = weights.ActivationElements,
            PeakActivationElements = 2.0 * weights.LargestActivationElements / Math.Max(1, vision.Shape.Layers ?? 1), ImageSize = vision.Work.ImageSize,
        },
    };

    static Blueprint Text(ModelConfig config, string modelType)
    {
        var (h, vocabulary) = (config.FindWhole("hidden_size") ?? 512, config.FindWhole("vocab_size") ?? 49_408);
        var positions = config.FindWhole("max_position_embeddings") ?? 77;
        var t = new Tower(config.FindWhole("num_hidden_layers") ?? 12, h, config.FindWhole("intermediate_size") ?? checked(4 * h), Math.Max(1, config.FindWhole("num_attention_heads") ?? 8), 1, 1, 1);
        if (t.L is < 1 or > ProfileLimits.MaxLayers) throw new ProfileException($"{t.L} layers cannot be.");
        var weights = new WeightLedger();
        weights.LookUp(checked(vocabulary + positions), h);
        AddBlocks(weights, t, positions);
        weights.Vector(Component.Norm, checked(2 * h));
        return Of(modelType, ModelFamily.Encoder, weights, t, 0, positions) with
        {
            Shape = new() { Layers = t.L, Hidden = h, Heads = t.Heads, HeadSize = h / t.Heads, FeedForward = t.I, Vocabulary = vocabulary, MaxContext = positions },
        };
    }

    static Blueprint Of(string modelType, ModelFamily family, WeightLedger weights, Tower t, long image, long tokens) => new()
    {
        Family = family, ModelType = modelType, Weights = weights,
        Shape = new()
        {
            Layers = t.L, Hidden = t.H, Heads = t.Heads, HeadSize = t.H / t.Heads, FeedForward = t.I,
            ImageSize = image > 0 ? image : null, PatchSize = image > 0 ? t.Patch : null, TokensPerImage = tokens,
        },
        Work = new()
        {
            Unit = image > 0 ? WorkUnit.Image : WorkUnit.Sequence, FlopPerUnit = 2.0 * weights.Macs, ActivationElements = weights.ActivationElements,
            PeakActivationElements = tokens * Math.Max(4.0 * t.H + 3.0 * t.H, 2.0 * t.I + t.H), ImageSize = image, PairFlop = image > 0 ? 2.0 * weights.FreeMacs : 0,
        },
    };
}
