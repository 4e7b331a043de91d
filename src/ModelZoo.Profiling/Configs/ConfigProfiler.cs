using ModelZoo.Profiling.Architectures;

namespace ModelZoo.Profiling;

/// <summary>From a <c>config.json</c> to the blueprint of its family; composite models part by part.</summary>
public static class ConfigProfiler
{
    /// <summary>Null when the family is not known: then only headers speak.</summary>
    /// <exception cref="ProfileException">The family is known, but the configuration lacks a key or holds numbers that cannot be.</exception>
    public static Blueprint? Find(ModelConfig config)
    {
        try
        {
            var blueprint = FindChecked(config);
            // The sums are taken once here, so that dimensions which overflow are refused as such.
            _ = blueprint?.Weights.Parameters + blueprint?.Weights.ActiveParameters + blueprint?.Weights.Macs;
            if (blueprint is not null) Check(blueprint);
            return blueprint;
        }
        catch (OverflowException problem)
        {
            throw new ProfileException("The dimensions of the configuration multiply to more than 64 bits hold.", problem);
        }
    }

    /// <summary>Weights refuse dimensions below zero by themselves; work and shape are plain arithmetic, so they are looked at once.</summary>
    static void Check(Blueprint blueprint)
    {
        var (shape, work) = (blueprint.Shape, blueprint.Work);
        foreach (var (value, name) in ((long?, string)[])[(shape.Layers, "layers"), (shape.Hidden, "hidden size"), (shape.Heads, "heads"), (shape.KeyValueHeads, "key/value heads"), (shape.HeadSize, "head size"), (shape.FeedForward, "feed-forward size"),
            (shape.Vocabulary, "vocabulary"), (shape.MaxContext, "context"), (shape.Experts, "experts"), (shape.ExpertsPerToken, "experts per token"), (shape.SharedExperts, "shared experts"), (shape.ExpertFeedForward, "size of an expert"),
            (shape.StateSize, "state"), (shape.Window, "window"), (shape.ImageSize, "picture"), (shape.PatchSize, "patches"), (shape.TokensPerImage, "tokens per image")])
            if (value < 0) throw new ProfileException($"The configuration makes the {name} {value}, which cannot be.");
        Span<double> numbers = [work.HeadWeights, work.OuterWeights, work.FlopPerUnit, work.EncoderWeights, work.EncoderScoreFlop, work.FixedInputTokens, work.EncoderFixedFlop, work.CrossWeights, work.ActivationElements,
            work.PeakActivationElements, work.TransientElements, work.Vocabulary, work.ScanFlop, work.ImageSize, work.CallWeights, work.LookUpElements, work.PairFlop];
        foreach (var number in numbers)
            if (!(number >= 0 && double.IsFinite(number))) throw new ProfileException("A dimension of the configuration is negative: the work would be less than nothing.");
        foreach (var layer in work.Layers)
            if (layer.Count < 0 || layer.Window < 0 || layer.Experts < 0 || layer.ExpertsPerToken < 0 || !(layer.CacheElements >= 0 && layer.ScoreFlop >= 0 && layer.StateElements >= 0 && layer.MatrixWeights >= 0 && layer.ExpertWeights >= 0 && layer.CrossCacheElements >= 0))
                throw new ProfileException("A dimension of the configuration is negative: a layer would need less than nothing.");
    }

    static Blueprint? FindChecked(ModelConfig config)
    {
        var type = config.ModelType;
        if (type is not null && Single(type, config) is { } blueprint) return blueprint;
        if (Composite(type ?? "composite", config) is { } composite) return composite;
        // A known decoder without its dimensions: say which one is missing.
        return type is not null && DecoderTraits.Knows(type) && !config.Has("text_config") ? Decoders.Build(type, config) : null;
    }

    static Blueprint? Single(string type, ModelConfig config)
    {
        if (type is "mamba" or "falcon_mamba" or "mamba2") return StateSpace.Build(type, config);
        if (Hybrids.Knows(type)) return Hybrids.Build(type, config);
        if (Encoders.Knows(type)) return Encoders.Build(type, config);
        if (EncoderDecoders.Knows(type)) return EncoderDecoders.Build(type, config);
        if (VisionTransformers.Knows(type)) return VisionTransformers.Build(type, config);
        if (ConvNets.Knows(type)) return ConvNets.Build(type, config);
        if (Diffusion.Knows(type)) return Diffusion.Build(type, config);
        if (type == Autoencoder.Type) return Autoencoder.Build(config);
        if (type == Recommendation.Type) return Recommendation.Build(config);
        if (NamedNets.Knows(type)) return NamedNets.Build(type, config);
        // A vision-language model may carry the name of its language family and nest its parts.
        if (DecoderTraits.Knows(type) && config.FindWhole("hidden_size", "n_embd", "n_embed", "d_model", "dim", "model_dim") is not null && !config.Has("text_config"))
            return Decoders.Build(type, config);
        return null;
    }

    /// <summary>Language model, tower and audio part each by itself; what joins them (projectors) only headers know.</summary>
    static Blueprint? Composite(string type, ModelConfig config)
    {
        var text = config.FindPart("text_config", "llm_config", "language_config") ?? config.FindPart("thinker_config")?.FindPart("text_config");
        if (text is null) return null;
        var language = Part(text, Inner(type));
        if (language is null) return null;
        var parts = new List<(string, Blueprint)> { ("language", language) };
        if (config.FindPart("vision_config") is { } visionConfig && Part(visionConfig, "vit") is { } vision && vision.Work.Unit == WorkUnit.Image) parts.Add(("vision", vision));
        if (config.FindPart("audio_config") is { } audioConfig && Part(audioConfig, null) is { } audio) parts.Add(("audio", audio));
        var weights = new WeightLedger();
        weights.Add(language.Weights);
        foreach (var (name, part) in parts.Skip(1)) weights.Add(part.Weights, name == "vision" ? Component.VisionTower : Component.Other);
        return language with
        {
            ModelType = type, Weights = weights, Parts = parts,
            Shape = language.Shape with { TokensPerImage = config.FindWhole("mm_tokens_per_image", "image_seq_length") ?? parts.Skip(1).Select(p => p.Item2.Shape.TokensPerImage).FirstOrDefault() },
            Notices = [.. language.Notices, $"Parts: {string.Join(", ", parts.Select(part => $"{part.Item1} ({part.Item2.ModelType})"))}. The projector between them is not in the configuration."],
        };
    }

    static Blueprint? Part(ModelConfig config, string? otherwise)
    {
        var type = config.ModelType ?? otherwise;
        return type is null ? null : Single(Known(type), config) ?? (otherwise is null ? null : Single(otherwise, config));
    }

    /// <summary>Names that towers and inner models go by.</summary>
    static string Known(string type) => type switch
    {
        "gemma3" => "gemma3_text",
        "llama4" => "llama4_text",
        "pixtral" => "pixtral_vision",
        _ => type,
    };

    /// <summary>What the language part is when it does not say so itself.</summary>
    static string? Inner(string type) => type switch
    {
        "gemma3" => "gemma3_text",
        "llama4" => "llama4_text",
        "llava" or "llava_next" or "idefics2" or "mllama" or "idefics3" or "smolvlm" => "llama",
        "paligemma" => "gemma",
        "mistral3" => "mistral",
        _ => null,
    };
}
