using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Turns a profile into lines: every figure with its origin, every gap with its reason.</summary>
static class ProfileViews
{
    const int MostParts = 50;

    public static ProfileView Of(Profile profile) => new(Words(profile.Family), profile.ModelType)
    {
        Figures = [.. Figures(profile)],
        Shape = [.. Shape(profile.Shape)],
        Layers = profile.Work is { HasDecoder: true } work ? [.. work.Layers.Take(MostParts).Select(Layer)] : [],
        Components = Components(profile),
        DTypes = DTypes(profile),
        Parts = [.. profile.Parts.Take(MostParts).Select(Part)],
        Notices = profile.Notices,
        Verified = profile.IsVerified switch
        {
            true => "The headers and the configuration agree on the count, or differ by a cause that is named.",
            false => "The headers and the configuration do not agree: look at the remarks.",
            null => null,
        },
    };

    /// <summary>MixtureOfExperts → mixture of experts.</summary>
    public static string Words(ModelFamily family) => family switch
    {
        ModelFamily.Unknown => "unknown family",
        ModelFamily.DiffusionUNet => "diffusion UNet",
        _ => ProfileJson.Words(family).Replace('-', ' '),
    };

    static IEnumerable<FactLine> Figures(Profile profile)
    {
        var unit = VerdictWords.Unit(profile.Work?.Unit);
        yield return Line("Parameters", profile.Parameters, Amount.Parameters, "parameters", "parameters");
        if (profile.ActiveParameters is { } active && active.Value != profile.Parameters?.Value) yield return Line("Active per token", active, Amount.Parameters, "activeParameters", "parameters");
        if (profile.DraftParameters is not null) yield return Line("Draft layers, counted apart", profile.DraftParameters, Amount.Parameters, "draftParameters", "parameters");
        yield return Line("Weights as stored", profile.WeightBytes, Amount.Bytes, "weightBytes", "bytes");
        if (profile.BitsPerParameter is { } bits) yield return new("Bits per parameter", Amount.Plain(bits), null, "header", "8 × bytes ÷ parameters");
        yield return Line($"Work per {unit}", profile.FlopPerUnit, Amount.Flop, "flopPerUnit", "FLOP");
        if (profile.BackwardFlopPerUnit is not null) yield return Line("Work of the way back", profile.BackwardFlopPerUnit, Amount.Flop, "flopPerUnit", "FLOP");
        if (profile.MatrixWeights is not null) yield return Line($"Matrix weights per {unit}", profile.MatrixWeights, Amount.Parameters, "matrixWeights", "weights");
        if (profile.Intensity is not null) yield return Line("Intensity alone", profile.Intensity, value => $"{Amount.Plain(value)} FLOP/B", "flopPerUnit", "FLOP per byte");
        if (profile.CacheBytesPerToken is not null || profile.NotMeasured.ContainsKey("kvCacheBytesPerToken"))
            yield return Line("Cache per token, 16 bit", profile.CacheBytesPerToken, Amount.Bytes, "kvCacheBytesPerToken", "bytes");
        if (profile.StateBytes is { Value: > 0 }) yield return Line("State per sequence, 16 bit", profile.StateBytes, Amount.Bytes, "stateBytes", "bytes");
        if (profile.PeakActivationElements is { Value: > 0 }) yield return Line("Numbers alive at once", profile.PeakActivationElements, Amount.Parameters, "activations", "numbers");
        if (profile.TensorCount > 0) yield return new("Tensors", Quantity.Exact(profile.TensorCount), null, "header", "counted in the files' headers");

        FactLine Line(string label, Figure? figure, Func<double, string> say, string key, string of) => figure is { } known
            ? new(label, say(known.Value), $"{known.Value:N0} {of}", Origin(known.Origin), known.How)
            : new(label, null, How: profile.NotMeasured.GetValueOrDefault(key) ?? "the files do not tell");
    }

    public static string Origin(Origin origin) => origin.ToString().ToLowerInvariant();

    static IEnumerable<FactLine> Shape(ModelShape shape)
    {
        (string, long?)[] all =
        [
            ("Layers", shape.Layers), ("Hidden size", shape.Hidden), ("Heads", shape.Heads), ("Key/value heads", shape.KeyValueHeads), ("Head size", shape.HeadSize),
            ("Feed-forward", shape.FeedForward), ("Experts", shape.Experts), ("Experts per token", shape.ExpertsPerToken), ("Shared experts", shape.SharedExperts), ("Expert size", shape.ExpertFeedForward),
            ("State size", shape.StateSize), ("Window", shape.Window), ("Vocabulary", shape.Vocabulary), ("Longest context", shape.MaxContext), ("Image side", shape.ImageSize),
            ("Patch", shape.PatchSize), ("Tokens per image", shape.TokensPerImage),
        ];
        foreach (var (label, value) in all)
            if (value is { } known) yield return new(label, Quantity.Exact(known));
        if (shape.TiedHead is { } tied) yield return new("Output head", tied ? "tied to the embedding" : "of its own");
    }

    static LayerLine Layer(LayerGroup layer) => new($"{layer.Count} ×",
        layer.Attention switch
        {
            AttentionKind.None => layer.StateElements > 0 ? "state space" : "no mixing of tokens",
            AttentionKind.Window => $"attention, window of {Amount.Whole(layer.Window)}",
            AttentionKind.Chunk => $"attention, chunks of {Amount.Whole(layer.Window)}",
            AttentionKind.Latent => "latent attention",
            _ => "full attention",
        },
        layer.CacheElements > 0 ? Amount.Bytes(2 * layer.CacheElements) : "none", layer.StateElements > 0 ? Amount.Bytes(2 * layer.StateElements) : "none", Amount.Parameters(layer.MatrixWeights),
        layer.Experts > 0 ? $"{layer.ExpertsPerToken} of {layer.Experts}, {Amount.Parameters(layer.ExpertWeights)} each" : "none");

    static List<ShareLine> Components(Profile profile)
    {
        double all = Math.Max(1, profile.Components.Sum(share => (double)share.Parameters));
        return [.. profile.Components.Where(share => share.Parameters > 0).OrderByDescending(share => share.Parameters)
            .Select(share => new ShareLine(ProfileJson.Words(share.Component).Replace('-', ' '), Quantity.Parameters(share.Parameters), Quantity.Exact(share.Parameters), share.Parameters / all, Origin(share.Origin)))];
    }

    static List<ShareLine> DTypes(Profile profile)
    {
        double all = Math.Max(1, profile.DTypes.Sum(share => (double)share.Bytes));
        return [.. profile.DTypes.Take(MostParts).Select(share => new ShareLine(share.DType, Quantity.Parameters(share.Parameters), Quantity.Exact(share.Parameters), share.Bytes / all,
            $"{Quantity.Of(share.Tensors, "tensor")}, {Quantity.Bytes(share.Bytes)}"))];
    }

    static PartLine Part(ProfilePart part) => new(part.Name, part.Profile.ModelType ?? Words(part.Profile.Family), part.Profile.Parameters is { } count ? Amount.Parameters(count.Value) : "not measured",
        part.Profile.WeightBytes is { } bytes ? Amount.Bytes(bytes.Value) : "not measured", part.Profile.FlopPerUnit is { } flop ? $"{Amount.Flop(flop.Value)} per {VerdictWords.Unit(part.Profile.Work?.Unit)}" : "not measured");
}
