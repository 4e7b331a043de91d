using System.Text.Json.Nodes;

namespace ModelZoo.Profiling;

/// <summary>Profiles and estimates as JSON: the same for the command line and the API.</summary>
public static class ProfileJson
{
    public static JsonObject Of(Profile profile)
    {
        var json = new JsonObject
        {
            ["profileVersion"] = Profile.Version, ["name"] = profile.Name, ["family"] = Words(profile.Family), ["modelType"] = profile.ModelType,
            ["parameters"] = Of(profile.Parameters), ["activeParameters"] = Of(profile.ActiveParameters), ["activeParametersWithoutEmbedding"] = Of(profile.ActiveWithoutEmbedding),
            ["matrixWeightsPerToken"] = Of(profile.MatrixWeights), ["draftParameters"] = Of(profile.DraftParameters),
            ["weightBytes"] = Of(profile.WeightBytes), ["bitsPerParameter"] = profile.BitsPerParameter, ["tensors"] = profile.TensorCount,
            ["flopPerUnit"] = Of(profile.FlopPerUnit), ["unit"] = profile.Work?.Unit.ToString().ToLowerInvariant(),
            ["backwardFlopPerUnit"] = Of(profile.BackwardFlopPerUnit), ["arithmeticIntensity"] = Of(profile.Intensity),
            ["kvCacheBytesPerToken"] = Of(profile.CacheBytesPerToken), ["stateBytesPerSequence"] = Of(profile.StateBytes),
            ["activationElements"] = Of(profile.ActivationElements), ["peakActivationElements"] = Of(profile.PeakActivationElements),
            ["verified"] = profile.IsVerified, ["shape"] = Of(profile.Shape),
            ["components"] = new JsonArray([.. profile.Components.Select(share => (JsonNode)new JsonObject
            {
                ["component"] = Words(share.Component), ["parameters"] = share.Parameters, ["origin"] = Words(share.Origin),
            })]),
            ["dtypes"] = new JsonArray([.. profile.DTypes.Select(share => (JsonNode)new JsonObject
            {
                ["dtype"] = share.DType, ["tensors"] = share.Tensors, ["parameters"] = share.Parameters, ["bytes"] = share.Bytes,
            })]),
            ["layers"] = profile.Work is { HasDecoder: true } work ? new JsonArray([.. work.Layers.Select(layer => (JsonNode)new JsonObject
            {
                ["count"] = layer.Count, ["attention"] = Words(layer.Attention), ["window"] = layer.Window > 0 ? layer.Window : null,
                ["cacheElementsPerToken"] = Number(layer.CacheElements), ["flopPerContextToken"] = Number(layer.ScoreFlop), ["stateElements"] = Number(layer.StateElements),
                ["matrixWeights"] = Number(layer.MatrixWeights), ["experts"] = layer.Experts, ["expertsPerToken"] = layer.ExpertsPerToken, ["weightsPerExpert"] = Number(layer.ExpertWeights),
            })]) : null,
            ["notices"] = new JsonArray([.. profile.Notices.Select(notice => (JsonNode?)notice)]),
            ["notMeasured"] = Of(profile.NotMeasured),
        };
        if (profile.Companions.Count > 0) json["companions"] = new JsonArray([.. profile.Companions.Select(companion => (JsonNode)new JsonObject { ["path"] = companion.Path, ["kind"] = companion.Kind, ["bytes"] = companion.Bytes })]);
        if (profile.Parts.Count > 0) json["parts"] = new JsonArray([.. profile.Parts.Select(part => (JsonNode)new JsonObject { ["name"] = part.Name, ["profile"] = Of(part.Profile) })]);
        return json;
    }

    /// <summary>At least the fields that clients of <c>zoo fit --json</c> and the API rely on; what is not known is null, with the reason in <c>notMeasured</c>.</summary>
    public static JsonObject Of(Estimate estimate)
    {
        var plan = estimate.Memory;
        return new()
        {
            ["model"] = estimate.Profile.Name, ["modelType"] = estimate.Profile.ModelType,
            ["parameters"] = Number(estimate.Profile.Parameters?.Value), ["activeParameters"] = Number(estimate.Profile.ActiveParameters?.Value),
            ["weightBytes"] = Number(Total(estimate, plan.Weights)), ["kvCacheBytes"] = Number(plan.Cache), ["stateBytes"] = Number(plan.State),
            ["flopPerUnit"] = Number(estimate.FlopPerUnit), ["unit"] = estimate.Profile.Work?.Unit.ToString().ToLowerInvariant(), ["phase"] = Words(estimate.Phase),
            ["arithmeticIntensity"] = estimate.Step.Bytes > 0 ? Number(estimate.Step.Intensity) : null, ["ridgeIntensity"] = Number(estimate.Ridge),
            ["latencySeconds"] = Number(estimate.LatencySeconds), ["throughputPerSecond"] = Number(estimate.ThroughputPerSecond),
            ["timeToFirstTokenSeconds"] = Number(estimate.FirstTokenSeconds), ["requestSeconds"] = Number(estimate.RequestSeconds),
            ["bound"] = Words(estimate.Bound), ["fits"] = estimate.Verdict.Kind == VerdictKind.Unknown ? null : estimate.Verdict.Fits,
            ["memoryBytes"] = Number(plan.Total), ["availableBytes"] = Number((estimate.Device.CapacityBytes ?? 0) * Assumed(estimate, "memoryShare")),
            ["memory"] = new JsonObject
            {
                ["weights"] = Number(plan.Weights), ["kvCache"] = Number(plan.Cache), ["state"] = Number(plan.State), ["transient"] = Number(plan.Transient),
                ["runtime"] = Number(plan.Runtime), ["companions"] = Number(plan.Companions),
            },
            ["verdict"] = new JsonObject
            {
                ["kind"] = Words(estimate.Verdict.Kind), ["sentence"] = estimate.Verdict.Sentence, ["headroomBytes"] = Number(estimate.Verdict.HeadroomBytes),
                ["scheme"] = estimate.Verdict.Scheme?.Id, ["largestContext"] = estimate.Verdict.LargestContext, ["largestBatch"] = estimate.Verdict.LargestBatch,
                ["devicesNeeded"] = estimate.Verdict.DevicesNeeded,
            },
            ["step"] = new JsonObject
            {
                ["flop"] = Number(estimate.Step.Flop), ["bytes"] = Number(estimate.Step.Bytes), ["computeSeconds"] = Number(estimate.Step.ComputeSeconds),
                ["memorySeconds"] = Number(estimate.Step.MemorySeconds), ["networkSeconds"] = Number(estimate.Step.NetworkSeconds), ["overheadSeconds"] = Number(estimate.Step.OverheadSeconds),
                ["overheadDominates"] = estimate.Step.IsOverhead, ["computeShare"] = Number(estimate.ComputeShare), ["bandwidthShare"] = Number(estimate.BandwidthShare),
                ["turningBatch"] = Number(estimate.TurningBatch),
            },
            ["calibration"] = estimate.Calibration is { } calibration ? new JsonObject
            {
                ["measuredSeconds"] = calibration.MeasuredSeconds, ["estimatedSeconds"] = calibration.EstimatedSeconds, ["impliedShare"] = calibration.ImpliedShare, ["bound"] = Words(calibration.Bound),
            } : null,
            ["device"] = new JsonObject { ["id"] = estimate.Device.Id, ["name"] = estimate.Device.Name, ["confidence"] = estimate.Device.Confidence, ["source"] = estimate.Device.Source },
            ["devices"] = estimate.Scenario.Devices,
            ["assumptions"] = new JsonArray([.. estimate.Assumptions.Select(a => (JsonNode)new JsonObject { ["name"] = a.Name, ["value"] = Number(a.Value), ["source"] = a.Source })]),
            ["how"] = Of(Explanation.Of(estimate)),
            ["notices"] = new JsonArray([.. estimate.Profile.Notices.Concat(estimate.Notices).Select(notice => (JsonNode?)notice)]),
            ["notMeasured"] = Of(estimate.NotMeasured),
        };
    }

    static double Total(Estimate estimate, double weights) => estimate.Scenario is { Devices: > 1, Parallelism: Parallelism.Tensor or Parallelism.Pipeline } scenario ? weights * scenario.Devices : weights;

    static double Assumed(Estimate estimate, string name) => estimate.Assumptions.FirstOrDefault(a => a.Name == name).Value;

    static JsonObject? Of(Figure? figure) => figure is { } known ? new() { ["value"] = Number(known.Value), ["origin"] = Words(known.Origin), ["how"] = known.How } : null;

    static JsonObject Of(IReadOnlyDictionary<string, string> reasons)
    {
        var json = new JsonObject();
        foreach (var (field, reason) in reasons) json[field] = reason;
        return json;
    }

    static JsonObject Of(ModelShape shape)
    {
        var json = new JsonObject();
        Add("layers", shape.Layers);
        Add("hidden", shape.Hidden);
        Add("heads", shape.Heads);
        Add("keyValueHeads", shape.KeyValueHeads);
        Add("headSize", shape.HeadSize);
        Add("feedForward", shape.FeedForward);
        Add("vocabulary", shape.Vocabulary);
        Add("maxContext", shape.MaxContext);
        Add("experts", shape.Experts);
        Add("expertsPerToken", shape.ExpertsPerToken);
        Add("sharedExperts", shape.SharedExperts);
        Add("expertFeedForward", shape.ExpertFeedForward);
        Add("stateSize", shape.StateSize);
        Add("window", shape.Window);
        Add("imageSize", shape.ImageSize);
        Add("patchSize", shape.PatchSize);
        Add("tokensPerImage", shape.TokensPerImage);
        if (shape.TiedHead is { } tied) json["tiedHead"] = tied;
        return json;

        void Add(string name, long? value)
        {
            if (value is { } known) json[name] = known;
        }
    }

    /// <summary>Whole numbers without a fraction; nothing that JSON cannot say.</summary>
    internal static JsonValue? Number(double? value) => value is not { } number || !double.IsFinite(number) ? null
        : number == Math.Floor(number) && Math.Abs(number) < 9e15 ? JsonValue.Create((long)number) : JsonValue.Create(number);

    /// <summary>MixtureOfExperts → mixture-of-experts.</summary>
    public static string Words<T>(T value) where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
