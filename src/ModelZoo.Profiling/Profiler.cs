using ModelZoo.Profiling.Tensors;
using ModelZoo.Weights;

namespace ModelZoo.Profiling;

/// <summary>Joins what configuration, headers and graph say about a model into one profile. Headers win; the closed form checks them.</summary>
public static class Profiler
{
    /// <summary>A profile of a configuration alone.</summary>
    public static Profile OfConfig(ModelConfig config, string? name = null)
    {
        var blueprint = ConfigProfiler.Find(config);
        if (blueprint is null)
        {
            var reason = config.ModelType is { } type ? $"the family '{type}' is not known, and there are no tensors" : "the configuration names no 'model_type', and there are no tensors";
            return new() { ModelType = config.ModelType, Name = name, NotMeasured = Missing(reason, "parameters", "activeParameters", "weightBytes", "flopPerUnit", "kvCacheBytesPerToken") };
        }
        return Describe(blueprint, name);
    }

    /// <summary>A profile of the registry: closed forms where there is a configuration, else the published figures.</summary>
    public static Profile OfReference(ReferenceWorkload workload)
    {
        if (workload.Configuration is { } json) return WithSteps(OfConfig(ModelConfig.From(json), workload.Name), workload) with { Notices = Noted(workload) };
        return TypedProfiler.Of(workload) with { Notices = Noted(workload) };
    }

    /// <summary>The steps that the registry names for a denoiser.</summary>
    static Profile WithSteps(Profile profile, ReferenceWorkload workload) => profile.Work is { Unit: WorkUnit.Call } work && workload.DenoisingSteps is > 0 and var steps
        ? profile with { Work = work with { CallsPerResult = steps * work.CallsPerStep } } : profile;

    /// <summary>A profile of tensor headers, with the configuration where there is one.</summary>
    public static Profile OfTensors(IReadOnlyList<WeightFile> files, ModelConfig? config, string? name = null, string? configDefect = null)
    {
        Blueprint? blueprint = null;
        List<string> notices = [.. files.SelectMany(file => file.Remarks).Distinct(StringComparer.Ordinal).Take(20)];
        try
        {
            blueprint = config is null ? null : ConfigProfiler.Find(config);
        }
        catch (ProfileException problem)
        {
            configDefect = problem.Message;
        }
        if (configDefect is not null) notices.Add($"The configuration was not used: {configDefect}");
        var gguf = files.FirstOrDefault(file => file.Format == WeightFormat.Gguf) is { } first ? new GgufKeys(first) : null;
        var tensors = files.SelectMany(file => file.Tensors).ToList();
        var layers = config?.FindWhole("num_hidden_layers") ?? config?.FindPart("text_config")?.FindWhole("num_hidden_layers");
        var drafts = (config?.FindWhole("num_nextn_predict_layers") ?? 0) > 0 && layers is < int.MaxValue ? (int?)layers : null;
        var isTied = config is not null && (config.FindFlag("tie_word_embeddings") ?? blueprint?.Shape.TiedHead ?? false);
        var counted = TensorCounter.Count(tensors, Quantization.Of(config), isTied, drafts);
        var sums = new TensorSums(counted);
        notices.AddRange(sums.Notices(isTied));
        if (sums.Parameters == 0 && tensors.Count == 0)
        {
            var empty = blueprint is null ? new Profile { Name = name, ModelType = gguf?.Architecture ?? config?.ModelType } : Describe(blueprint, name);
            return empty with
            {
                Shape = gguf?.ToShape() ?? empty.Shape, Notices = [.. empty.Notices, .. notices],
                NotMeasured = blueprint is null ? Missing("the files hold no tensors", "parameters", "weightBytes", "flopPerUnit") : empty.NotMeasured,
            };
        }

        var work = blueprint?.Work;
        var workOrigin = Origin.Config;
        var workHow = "closed form of the configuration";
        if (work is null && gguf is not null)
        {
            work = TensorWork.Find(counted, gguf.Attention(counted), gguf.FindWhole("expert_count"), gguf.FindWhole("expert_used_count"), gguf.Vocabulary);
            (workOrigin, workHow) = (Origin.Header, "2 × matrix weights of the tensors that a token meets");
        }
        else if (work is null)
        {
            work = TensorWork.Find(counted, null, config?.FindWhole("num_local_experts", "num_experts", "n_routed_experts"),
                config?.FindWhole("num_experts_per_tok", "experts_per_token", "moe_topk"), config?.FindWhole("vocab_size") is > 0 and var rows ? rows : null);
            (workOrigin, workHow) = (Origin.Estimate, "2 × matrix weights other than embeddings: the family is not known");
        }
        var profile = blueprint is not null ? Describe(blueprint, name)
            : WithWork(new() { Name = name, ModelType = gguf?.Architecture ?? config?.ModelType, Shape = gguf?.ToShape() ?? new() }, work, workOrigin, workHow, gguf is null ? config?.ModelType : null);
        profile = sums.Apply(profile, blueprint);
        if (blueprint is not null) profile = CrossCheck.Apply(profile, blueprint, sums);
        else if (gguf is not null) profile = profile with { Family = Family(profile, work) };
        return profile with { Notices = [.. profile.Notices, .. notices] };
    }

    static ModelFamily Family(Profile profile, WorkModel? work) =>
        work is null ? ModelFamily.Unknown
        : work.Layers.Any(l => l.StateElements > 0) ? work.Layers.Any(l => l.CacheElements > 0) ? ModelFamily.Hybrid : ModelFamily.StateSpace
        : profile.Shape.Experts is > 1 ? ModelFamily.MixtureOfExperts
        : profile.ModelType?.Contains("bert", StringComparison.Ordinal) == true ? ModelFamily.Encoder : ModelFamily.DenseTransformer;

    static Profile Describe(Blueprint blueprint, string? name)
    {
        var weights = blueprint.Weights;
        var how = $"closed form of {blueprint.ModelType}";
        var total = weights.Parameters;
        var active = weights.ActiveParameters;
        var lookedUp = weights.Groups.Where(g => g.Role == WeightRole.LookUp).Sum(g => g.Parameters);
        var profile = new Profile
        {
            Family = blueprint.Family, ModelType = blueprint.ModelType, Name = name, Shape = blueprint.Shape, Groups = weights.Groups,
            Parameters = new(total, Origin.Config, Figures.Sum(weights, blueprint.ModelType)),
            ActiveParameters = new(active, Origin.Config, Figures.Active(blueprint)),
            ActiveWithoutEmbedding = new(active - lookedUp, Origin.Config, $"{active:N0} − {lookedUp:N0} of the embedding"),
            DraftParameters = blueprint.DraftParameters > 0 ? new(blueprint.DraftParameters, Origin.Config, how) : null,
            EmbeddingAndHead = weights.Groups.Where(g => g.Component is Component.Embedding or Component.Head).Sum(g => (double)g.Parameters),
            Components = [.. weights.ByComponent().Select(pair => new ComponentShare(pair.Key, pair.Value, Origin.Config))],
            Notices = blueprint.Notices,
            Parts = [.. blueprint.Parts.Select(part => new ProfilePart(part.Name, Describe(part.Part, part.Name)))],
            NotMeasured = Missing("there are no tensor headers", "weightBytes"),
        };
        return WithWork(profile, blueprint.Work, Origin.Config, how, null);
    }

    static Profile WithWork(Profile profile, WorkModel? work, Origin origin, string how, string? unknownType)
    {
        if (work is null)
        {
            var reason = unknownType is null ? "neither a known family nor tensor names that tell" : $"the family '{unknownType}' is not known and the tensor names do not tell";
            return profile with { NotMeasured = With(profile.NotMeasured, Missing(reason, "flopPerUnit", "kvCacheBytesPerToken")) };
        }
        var (flop, unit) = work.HasDecoder ? (work.TokenFlop(0), "a token at context 0") : work.IsEncoder ? (work.EncoderFlop(128), "a sequence of 128 tokens")
            : (work.FlopPerUnit, work.Unit == WorkUnit.Image ? $"an image of {work.ImageSize} pixels" : $"one {work.Unit.ToString().ToLowerInvariant()}");
        var cache = work.Layers.Sum(layer => layer.Count * layer.CacheElements) * 2;
        return profile with
        {
            Work = work,
            MatrixWeights = work.HasDecoder ? new(work.TokenWeights, origin, $"{how}: layers {work.TokenWeights - work.HeadWeights:N0} + head {work.HeadWeights:N0}, without looking up the embedding, norms and biases") : null,
            FlopPerUnit = new(flop, origin, $"{Figures.Flop(work)}; {unit}; {how}"),
            CacheBytesPerToken = work.HasDecoder ? new(cache, origin, Figures.CachePerToken(work)) : null,
            StateBytes = work.StateElements > 0 ? new(work.StateElements * 2, origin, Figures.State(work)) : null,
            ActivationElements = work.ActivationElements > 0 && !work.HasDecoder && !work.IsEncoder ? new(work.ActivationElements, origin, "sum of layer outputs") : null,
            PeakActivationElements = work.PeakActivationElements > 0 ? new(work.PeakActivationElements, origin, "upper bound: input and output of the widest layer") : null,
        };
    }

    static IReadOnlyList<string> Noted(ReferenceWorkload workload) => workload.Note is { } note ? [note] : [];

    internal static IReadOnlyDictionary<string, string> Missing(string reason, params ReadOnlySpan<string> fields)
    {
        var missing = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in fields) missing[field] = reason;
        return missing;
    }

    internal static IReadOnlyDictionary<string, string> With(IReadOnlyDictionary<string, string> some, IReadOnlyDictionary<string, string> more) =>
        new SortedDictionary<string, string>(some.Concat(more).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.First().Value), StringComparer.Ordinal);
}
