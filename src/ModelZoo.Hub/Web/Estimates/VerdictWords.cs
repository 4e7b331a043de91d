using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Verdicts and bounds as sentences: what, why, and what would do instead.</summary>
static class VerdictWords
{
    /// <returns>good, warn or bad, as notices are.</returns>
    public static string Kind(Verdict verdict) => verdict.Kind switch { VerdictKind.Fits => "good", VerdictKind.Tight or VerdictKind.Unknown => "warn", _ => "bad" };

    public static string Short(Verdict verdict) => verdict.Kind switch
    {
        VerdictKind.Fits => "fits",
        VerdictKind.Tight => "fits, tightly",
        VerdictKind.FitsQuantised => $"fits as {verdict.Scheme?.Name}",
        VerdictKind.ShorterContext => "needs a shorter context",
        VerdictKind.NeedsDevices => $"needs {verdict.DevicesNeeded} devices",
        VerdictKind.Offload => "needs the host's memory",
        VerdictKind.DoesNotFit => "does not fit",
        _ => "not known",
    };

    public static string Sentence(Estimate estimate)
    {
        var (verdict, scenario, device) = (estimate.Verdict, estimate.Scenario, estimate.Device);
        if (verdict.Kind == VerdictKind.Unknown || device.IsMicrocontroller) return verdict.Sentence;
        var need = Amount.Bytes(estimate.Memory.Total);
        var usable = Amount.Bytes(estimate.Memory.Total + verdict.HeadroomBytes);
        var where = scenario.Devices > 1 ? $"each of {Amount.Whole(scenario.Devices)} × {device.Name}" : device.Name;
        var missing = Amount.Bytes(-verdict.HeadroomBytes);
        var tail = verdict.Kind switch
        {
            VerdictKind.FitsQuantised => $"It fits as {verdict.Scheme!.Name}{(verdict.LargestBatch > 0 ? $", or as it is with batch {Amount.Whole(verdict.LargestBatch.Value)}" : "")}{Devices(verdict)}.",
            VerdictKind.ShorterContext => $"The weights fit, with at most {string.Join(", or ", ((string?[])
                [verdict.LargestBatch is > 0 and var batch ? $"batch {Amount.Whole(batch)} at this context" : null, verdict.LargestContext is > 0 and var tokens ? $"{Amount.Whole(tokens)} tokens at this batch" : null]).OfType<string>())}.",
            VerdictKind.NeedsDevices => $"{Amount.Whole(verdict.DevicesNeeded ?? 0)} of these would hold it together.",
            VerdictKind.Offload => "Part of the weights would have to stay in the host's memory and cross the link at every step.",
            _ => "No format, batch or number of these devices that was tried holds it.",
        };
        return verdict.Kind switch
        {
            VerdictKind.Fits => $"It fits {where}: {need} of {usable} usable, {Amount.Bytes(verdict.HeadroomBytes)} to spare.",
            VerdictKind.Tight => $"It fits {where} with little to spare: {need} of {usable} usable, {Amount.Bytes(verdict.HeadroomBytes)} left.",
            _ => $"It does not fit {where}: {need} are needed and {usable} usable, {missing} too much. {tail}",
        };
    }

    static string Devices(Verdict verdict) => verdict.DevicesNeeded is { } devices ? $", or on {Amount.Whole(devices)} of these" : "";

    public static string Word(Bound bound) => bound switch { Bound.Compute => "compute", Bound.Memory => "memory", Bound.Network => "network", _ => "does not fit" };

    /// <summary>What limits a step, and how far the next limit is.</summary>
    public static string Sentence(StepTime step)
    {
        var (compute, memory, network) = (step.ComputeSeconds, step.MemorySeconds, step.NetworkSeconds);
        if (step.IsOverhead) return $"Starting kernels takes {Amount.Seconds(step.OverheadSeconds)}, longer than the arithmetic and the memory traffic ({Amount.Seconds(Math.Max(compute, memory))}).";
        return step.Bound switch
        {
            Bound.Network => $"Network-bound: messages between the devices take {Amount.Seconds(network)}, the rest {Amount.Seconds(Math.Max(compute, memory))}.",
            Bound.Memory => $"Memory-bound: moving {Amount.Bytes(step.Bytes)} takes {Times(memory, compute)} the {Amount.Flop(step.Flop)} of arithmetic.",
            _ => $"Compute-bound: {Amount.Flop(step.Flop)} take {Times(compute, memory)} moving {Amount.Bytes(step.Bytes)}.",
        };
    }

    static string Times(double longer, double shorter) => shorter > 0 && longer / shorter < 1e6 ? longer / shorter < 1.05 ? "as long as" : $"{Amount.Plain(longer / shorter)} times as long as" : "longer than";

    public static string Unit(WorkUnit? unit, bool isMany = false)
    {
        var word = unit is null or WorkUnit.Input ? "input" : unit.Value.ToString().ToLowerInvariant();
        return isMany ? word + "s" : word;
    }
}
