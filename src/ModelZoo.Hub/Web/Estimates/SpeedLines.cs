using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Times and rates of an estimate, each with its formula and the numbers in it.</summary>
static class SpeedLines
{
    public static IEnumerable<FactLine> Of(Estimate estimate)
    {
        var (step, scenario, device) = (estimate.Step, estimate.Scenario, estimate.Device);
        var unit = VerdictWords.Unit(estimate.Profile.Work?.Unit);
        var given = estimate.Assumptions.ToDictionary(assumption => assumption.Name, assumption => assumption.Value);
        var (rate, share) = (given.GetValueOrDefault("peakFlopPerSecond"), given.GetValueOrDefault("computeEfficiency"));
        var (bandwidth, bandwidthShare) = (given.GetValueOrDefault("peakBytesPerSecond"), given.GetValueOrDefault("bandwidthEfficiency"));
        var isDecode = estimate.Phase == Phase.Decode && estimate.Profile.Work?.HasDecoder == true;
        var time = isDecode ? "Time per token" : estimate.Profile.Work?.Unit == WorkUnit.Call ? "Time per result" : $"Time per {(scenario.Batch > 1 ? "batch" : unit)}";
        if (estimate.LatencySeconds is { } latency)
        {
            var calls = estimate.Profile.Work?.Unit == WorkUnit.Call && step.Seconds > 0 ? latency / step.Seconds : 1;
            var formula = $"max( {Amount.Flop(step.Flop)} ÷ ({Amount.Rate(rate)} × {Amount.Plain(share)}), {Amount.Bytes(step.Bytes)} ÷ ({Amount.Bandwidth(bandwidth)} × {Amount.Plain(bandwidthShare)}) )"
                + $" = max( {Amount.Seconds(step.ComputeSeconds)}, {Amount.Seconds(step.MemorySeconds)} )"
                + (step.NetworkSeconds > 0 ? $" + {Amount.Seconds(step.NetworkSeconds)} network" : "") + (step.OverheadSeconds > 0 ? $" + {Amount.Seconds(step.OverheadSeconds)} to start kernels" : "")
                + (scenario.Devices > 1 ? $", shared by {Amount.Whole(scenario.Devices)} devices" : "") + (calls > 1.5 ? $", {Amount.Plain(calls)} calls a result" : "");
            if (estimate.Bound == Bound.DoesNotFit) formula += "; part of the weights is read over the host's link at every step";
            yield return new(time,
                Amount.Seconds(latency), $"{latency:R} s", How: formula);
            if (estimate.ThroughputPerSecond is { } throughput)
                yield return new("Throughput", $"{Amount.Plain(throughput)} {VerdictWords.Unit(estimate.Profile.Work?.Unit == WorkUnit.Call ? WorkUnit.Input : estimate.Profile.Work?.Unit, isMany: true).Replace("inputs", "results")}/s",
                    How: $"batch {Amount.Plain(scenario.Batch)}{(scenario.Parallelism is Parallelism.Replicas or Parallelism.Pipeline && scenario.Devices > 1 ? $" × {scenario.Devices} devices" : "")} ÷ {Amount.Seconds(latency)}");
        }
        else if (estimate.NotMeasured.GetValueOrDefault("latencySeconds") is { } reason) yield return new(time, null, How: reason);
        else yield return new(time, null, How: "it does not fit, and no link to the host's memory is known.");
        if (estimate.Prefill is { } prefill)
        {
            var prompt = scenario.Prompt ?? scenario.Context;
            yield return new("Time to first token", Amount.Seconds(prefill.Seconds), $"{prefill.Seconds:R} s",
                How: $"A prompt of {Amount.Whole(prompt)} tokens{(scenario.Batch > 1 ? $" for each of {Amount.Plain(scenario.Batch)}" : "")} in chunks of {scenario.Chunk:N0}: {Amount.Flop(prefill.Flop)} take {Amount.Seconds(prefill.ComputeSeconds)}, {Amount.Bytes(prefill.Bytes)} take {Amount.Seconds(prefill.MemorySeconds)}; the longer counts in each chunk. {VerdictWords.Word(prefill.Bound)}-bound.");
        }
        if (estimate.RequestSeconds is { } request)
            yield return new("Whole answer", Amount.Seconds(request), How: $"First token, then {Amount.Whole(Math.Max(0, scenario.Output - 1))} tokens at the context in the middle of the answer");
        if (step.Bytes > 0 && estimate.Ridge is { } ridge)
            yield return new("Intensity", $"{Amount.Plain(step.Intensity)} FLOP/B", How: $"{Amount.Flop(step.Flop)} ÷ {Amount.Bytes(step.Bytes)}. {device.Name} is compute-bound from {Amount.Plain(ridge)} FLOP per byte on ({Amount.Rate(rate)} ÷ {Amount.Bandwidth(bandwidth)}).");
        if (estimate.FlopPerUnit is { } flop)
            yield return new($"Work per {unit}", Amount.Flop(flop), $"{flop:N0} FLOP", How: isDecode ? $"2 FLOP per matrix weight that a token uses, and attention over {Amount.Whole(scenario.Context)} tokens" : "at this scenario's size");
        if (isDecode && estimate.LatencySeconds is not null)
            yield return estimate.TurningBatch is { } turning
                ? new("Compute-bound from", $"batch {Amount.Whole(Math.Ceiling(turning))}", How: "the batch at which arithmetic and memory traffic of a step take equally long")
                : new("Compute-bound from", "no batch", How: "at this context each sequence's own cache takes longer to read than its arithmetic takes");
        if (estimate.Verdict.LargestBatch is { } batch) yield return new("Largest batch", batch == 0 ? "none fits" : batch >= 1L << 40 ? "no limit" : Amount.Whole(batch), How: $"the most that fits at context {Amount.Whole(scenario.Context)}");
        if (estimate.Verdict.LargestContext is { } context) yield return new("Largest context", context == 0 ? "none fits" : context >= 1L << 40 ? "no limit" : $"{Amount.Whole(context)} tokens", How: $"the most that fits at batch {Amount.Plain(scenario.Batch)}; the model may be made for less");
        if (estimate.ComputeShare is { } used)
            yield return new("Peaks used", $"{Amount.Percent(used)} compute, {Amount.Percent(estimate.BandwidthShare ?? 0)} memory", How: "share of the dense peak rate and of the peak bandwidth that the step keeps busy");
        if (estimate.Calibration is { } measured)
        {
            yield return new("Measured", Amount.Seconds(measured.MeasuredSeconds), Origin: "measured", How: "as given; the figures above follow it");
            yield return new("Estimated before", Amount.Seconds(measured.EstimatedSeconds), Origin: "estimate", How: $"with the default shares. The measurement implies {Amount.Percent(measured.ImpliedShare)} of the {VerdictWords.Word(measured.Bound)} ceiling.");
        }
    }
}
