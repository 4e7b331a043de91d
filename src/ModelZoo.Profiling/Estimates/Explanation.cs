using System.Globalization;

namespace ModelZoo.Profiling;

/// <summary>Every figure of an estimate as its formula with the numbers in it, under the figure's name in JSON. Made when asked for: estimates themselves are plain arithmetic.</summary>
public static class Explanation
{
    public static IReadOnlyDictionary<string, string> Of(Estimate estimate)
    {
        var words = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var (profile, scenario, plan, work) = (estimate.Profile, estimate.Scenario, estimate.Memory, estimate.Profile.Work);
        double Assumed(string name) => estimate.Assumptions.FirstOrDefault(a => a.Name == name).Value;
        var share = scenario is { Devices: > 1, Parallelism: not Parallelism.Replicas } ? $", over {scenario.Devices} devices ({ProfileJson.Words(scenario.Parallelism)})" : "";

        words["weightBytes"] = (scenario.Weights is null && profile.WeightBytes is { } stored ? stored.How
            : $"{Whole(profile.Parameters?.Value ?? 0)} parameters × {Short(Assumed("weightBits"))} bits / 8{(scenario.Weights?.EmbeddingBits is { } wide ? $", embedding and head ({Whole(profile.EmbeddingAndHead)}) at {Short(wide)}" : "")}") + share;
        if (work is { HasDecoder: true })
        {
            words["kvCacheBytes"] = $"{Short(scenario.CacheBytes)} B × {Short(scenario.Batch)} sequences × ({Figures.Cached(work, scenario.Context)}){share}";
            if (plan.State > 0) words["stateBytes"] = $"{Short(scenario.StateBytes)} B × {Short(scenario.Batch)} sequences × {Whole(work.StateElements)} numbers";
        }
        words["memoryBytes"] = string.Join(" + ", new (string Name, double Bytes)[]
        {
            ("weights", plan.Weights), ("cache", plan.Cache), ("state", plan.State), ("transient", plan.Transient), ("runtime", plan.Runtime), ("companions", plan.Companions),
        }.Where(part => part.Bytes > 0).Select(part => $"{part.Name} {FitCheck.Say(part.Bytes)}"));
        if (estimate.Device.CapacityBytes is { } capacity) words["availableBytes"] = $"{Whole(capacity)} B × {Short(Assumed("memoryShare"))}";
        if (estimate.Ridge is not null) words["ridgeIntensity"] = $"{Short(Assumed("peakFlopPerSecond"))} FLOP/s / {Short(Assumed("peakBytesPerSecond"))} B/s";
        if (work is not null && estimate.FlopPerUnit is { } flop) words["flopPerUnit"] = Work(estimate, work, flop);
        if (estimate.Step.Bytes > 0) words["arithmeticIntensity"] = $"{Short(estimate.Step.Flop)} FLOP / {Short(estimate.Step.Bytes)} B of one step";
        if (estimate.LatencySeconds is { } latency)
        {
            words["latencySeconds"] = Time(estimate.Step, estimate.Assumptions) + (latency > estimate.Step.Seconds * 1.0001 ? estimate.Bound == Bound.DoesNotFit ? "; and what lies with the host crosses its link" : $"; × {Short(latency / estimate.Step.Seconds)} calls" : "");
            if (estimate.ThroughputPerSecond is { } rate) words["throughputPerSecond"] = $"{Short(rate * latency)} {work!.Unit.ToString().ToLowerInvariant()}s / {Short(latency)} s";
        }
        if (estimate.Prefill is { } prefill)
        {
            words["timeToFirstTokenSeconds"] = $"{Short(scenario.Prompt ?? scenario.Context)} tokens of prompt in chunks of {scenario.Chunk}: {Short(prefill.Flop)} FLOP in {Short(prefill.ComputeSeconds)} s, {Short(prefill.Bytes)} B in {Short(prefill.MemorySeconds)} s, overhead {Short(prefill.OverheadSeconds)} s{Network(prefill)}";
            if (estimate.RequestSeconds is { } request) words["requestSeconds"] = $"{Short(prefill.Seconds)} s to the first token + {Short(Math.Max(0, scenario.Output - 1))} more, {Short(request)} s in all";
        }
        if (estimate.TurningBatch is not null) words["turningBatch"] = "time to read the weights / (time to compute one sequence − time to read its cache)";
        return words;
    }

    static string Work(Estimate estimate, WorkModel work, double flop) => estimate.Phase switch
    {
        _ when work.IsEncoder => $"2 × {Whole(work.EncoderWeights)} weights × {Short(estimate.Scenario.Context)} tokens + {Short(work.EncoderScoreFlop)} × {Short(estimate.Scenario.Context)}² of attention",
        Phase.Prefill or Phase.Forward when work.HasDecoder => $"2 × ({Whole(work.TokenWeights)} − {Whole(work.HeadWeights)} of the head) weights × {Short(estimate.Scenario.Prompt ?? estimate.Scenario.Context)} tokens + the head once + attention to every token before",
        _ when work.HasDecoder => $"2 × {Whole(work.TokenWeights)} matrix weights{Figures.Attended(work, estimate.Scenario.Context)}",
        _ => estimate.Profile.FlopPerUnit is { } known && flop == known.Value ? known.How : $"{estimate.Profile.FlopPerUnit?.How}; at another size {Short(flop)}",
    };

    static string Time(StepTime step, IReadOnlyList<Assumption> assumptions)
    {
        double Assumed(string name) => assumptions.FirstOrDefault(a => a.Name == name).Value;
        return $"max({Short(step.Flop)} FLOP / ({Short(Assumed("peakFlopPerSecond"))} × {Short(Assumed("computeEfficiency"))}) = {Short(step.ComputeSeconds)} s, {Short(step.Bytes)} B / ({Short(Assumed("peakBytesPerSecond"))} × {Short(Assumed("bandwidthEfficiency"))}) = {Short(step.MemorySeconds)} s)"
            + $" + overhead {Short(step.OverheadSeconds)} s{Network(step)}";
    }

    static string Network(StepTime step) => step.NetworkSeconds > 0 ? $" + network {Short(step.NetworkSeconds)} s" : "";

    static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>Four digits, with a power of ten where the number is long.</summary>
    internal static string Short(double value) => value == 0 ? "0" : Math.Abs(value) is >= 1e-3 and < 1e6 ? value.ToString("#,0.####", CultureInfo.InvariantCulture) : value.ToString("0.###e+0", CultureInfo.InvariantCulture);
}
