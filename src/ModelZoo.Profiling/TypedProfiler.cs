namespace ModelZoo.Profiling;

/// <summary>
/// Profiles of rows without a configuration: published figures of the registry, or what someone typed in. Parameters and FLOP suffice; layers, widths
/// and heads, where they are given, add a cache and the phases of a decoder. Anything that is missing disables only what needs it.
/// </summary>
static class TypedProfiler
{
    public static Profile Of(ReferenceWorkload row)
    {
        var origin = row.IsEstimate ? Origin.Estimate : Origin.Declared;
        if (row.Parameters is not { } parameters) return new() { Name = row.Name, NotMeasured = Profiler.Missing("the row gives no parameters", "parameters", "flopPerUnit") };
        var active = row.ActiveParameters ?? parameters;
        var source = $"registry: {row.Source ?? "typed in"}";
        var unit = Unit(row);
        var isTable = row.Family == "Recommendation";
        // Tables are looked up, not multiplied: two FLOP per parameter would be far too many.
        var flop = row.Flop ?? (isTable ? null : 2 * active);
        var shape = Shape(row);
        var work = flop is null ? null : Work(row, shape, unit, flop.Value);
        var profile = new Profile
        {
            Family = Family(row), ModelType = row.ModelType, Name = row.Name, Shape = shape, Work = work,
            Parameters = new(parameters, origin, source), ActiveParameters = new(active, origin, row.ActiveParameters is null ? "all parameters" : source),
            FlopPerUnit = flop is null ? null : new(flop.Value, row.Flop is null ? Origin.Estimate : origin, row.Flop is null ? $"2 × {active:N0} parameters" : row.FlopUnit ?? "registry"),
            WeightBytes = isTable && RecordTable.FindNumber(row.Fields, "weight_bytes_fp16") is { } bytes ? new(bytes, origin, "registry: size of the tables, whatever the arithmetic") : null,
            EmbeddingAndHead = shape is { Vocabulary: { } rows, Hidden: { } width } ? Math.Min(parameters, (shape.TiedHead == false ? 2.0 : 1) * rows * width) : 0,
            NotMeasured = isTable && row.Flop is null ? Profiler.Missing("no operations are published; tables are looked up, not multiplied", "flopPerUnit")
                : work is { HasDecoder: true } ? new Dictionary<string, string>() : Profiler.Missing("the row holds no layers, heads and widths", "kvCacheBytesPerToken"),
        };
        if (work is not { HasDecoder: true }) return profile;
        var cached = work.Layers.Sum(layer => layer.Count * layer.CacheElements);
        return profile with { MatrixWeights = new(work.TokenWeights, origin, "half the FLOP of one token"), CacheBytesPerToken = new(2 * cached, origin, $"2 B × {cached:N0} elements: layers, heads and widths of the row") };
    }

    static WorkUnit Unit(ReferenceWorkload row) => row.FlopUnit is not { } text ? WorkUnit.Input
        : text.Contains("token", StringComparison.Ordinal) ? WorkUnit.Token : text.Contains("image", StringComparison.Ordinal) ? WorkUnit.Image : WorkUnit.Input;

    static ModelFamily Family(ReferenceWorkload row) => row.Family switch
    {
        "Recommendation" => ModelFamily.Recommendation,
        "CNN" => ModelFamily.ConvolutionalNetwork,
        "MLP" => ModelFamily.Perceptron,
        "Transformer" => row.Architecture is "vision-encoder" ? ModelFamily.VisionTransformer : ModelFamily.DenseTransformer,
        var family => family?.Contains("MoE", StringComparison.Ordinal) == true ? ModelFamily.MixtureOfExperts : ModelFamily.Unknown,
    };

    static ModelShape Shape(ReferenceWorkload row) => new()
    {
        Layers = Whole(row, "layers"), Hidden = Whole(row, "hidden_size"), Heads = Whole(row, "heads"), KeyValueHeads = Whole(row, "kv_heads") ?? Whole(row, "heads"),
        HeadSize = Whole(row, "head_dim") ?? (Whole(row, "hidden_size") is { } h && Whole(row, "heads") is > 0 and var n ? h / n : null), FeedForward = Whole(row, "intermediate_size"),
        Vocabulary = Whole(row, "vocab_size"), MaxContext = Whole(row, "max_context"), Experts = Whole(row, "experts"), ExpertsPerToken = Whole(row, "experts_per_token"),
        ExpertFeedForward = Whole(row, "expert_intermediate_size"), Window = Whole(row, "sliding_window"), ImageSize = Whole(row, "image_size"), PatchSize = Whole(row, "patch_size"),
        TiedHead = RecordTable.FindText(row.Fields, "tied_embeddings") is { } tied ? tied == "true" : null,
    };

    static WorkModel Work(ReferenceWorkload row, ModelShape shape, WorkUnit unit, double flop)
    {
        var plain = new WorkModel { Unit = unit, FlopPerUnit = flop, CallsPerResult = 1, ImageSize = shape.ImageSize ?? 0 };
        if (unit != WorkUnit.Token || shape.Layers is not (>= 1 and <= ProfileLimits.MaxLayers and var layers)) return plain;
        var rank = Whole(row, "kv_lora_rank");
        double? cache = RecordTable.FindNumber(row.Fields, "cache_bytes_per_token_fp16") is { } bytes ? bytes / 2 / layers
            : rank is not null ? rank + (Whole(row, "qk_rope_head_dim") ?? 0)
            : shape is { KeyValueHeads: { } kv, HeadSize: { } d } ? 2.0 * kv * d : null;
        if (cache is null) return plain;
        var head = shape is { Vocabulary: { } rows, Hidden: { } h } && 2.0 * rows * h < flop ? (double)rows * h : 0;
        var perLayer = (flop / 2 - head) / layers;
        // Experts are told apart only where the row says how large they are.
        var expert = shape is { Experts: > 1 and <= int.MaxValue, ExpertsPerToken: > 0, ExpertFeedForward: > 0, Hidden: > 0 } && 3.0 * shape.Hidden.Value * shape.ExpertFeedForward.Value * shape.ExpertsPerToken.Value <= perLayer
            && shape.ExpertsPerToken <= shape.Experts ? 3.0 * shape.Hidden.Value * shape.ExpertFeedForward.Value : 0;
        var used = expert > 0 ? (int)shape.ExpertsPerToken!.Value : 0;
        var (width, queries, feedForward) = ((double)(shape.Hidden ?? 0), (double)(shape.Heads ?? 0) * (shape.HeadSize ?? 0), (double)(shape.FeedForward ?? 4 * (shape.Hidden ?? 0)));
        return new()
        {
            Unit = unit, HeadWeights = head, Vocabulary = shape.Vocabulary ?? 0,
            Layers = [new((int)layers, rank is null ? shape.Window > 0 ? AttentionKind.Window : AttentionKind.Full : AttentionKind.Latent, shape.Window ?? 0, cache.Value, 4 * queries, 0, perLayer - expert * used, expert, expert > 0 ? (int)shape.Experts!.Value : 0, used, 0)],
            TransientElements = Math.Max(4 * width + queries + cache.Value, 2 * feedForward + width), ActivationElements = layers * (14 * width + 4 * queries + 2 * cache.Value + 6 * feedForward),
        };
    }

    /// <summary>A whole number of a sensible size; anything else in the field is left out.</summary>
    static long? Whole(ReferenceWorkload row, string name) => RecordTable.FindNumber(row.Fields, name) is > 0 and <= ProfileLimits.MaxDimension and var number ? (long)number : null;
}
