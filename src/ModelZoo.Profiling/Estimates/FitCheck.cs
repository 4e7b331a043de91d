namespace ModelZoo.Profiling;

/// <summary>Whether a plan fits, and if not, what would.</summary>
static class FitCheck
{
    public static Verdict Judge(Profile profile, WorkModel work, Device device, Scenario scenario, Reference reference, Assumptions given, StepModel model, MemoryPlan memory)
    {
        // The textbook knows one memory.
        var isTiny = device.IsMicrocontroller && scenario.Preset != Preset.Mlsysim;
        var headroom = isTiny
            ? Math.Min(device.FlashBytes!.Value - memory.Weights, device.SramBytes!.Value - (memory.Total - memory.Weights))
            : model.Available - memory.Total;
        var batch = model.LargestBatch(scenario.Context);
        long? context = work.HasDecoder && work.CacheElements(2) > work.CacheElements(1) || work.IsEncoder ? model.LargestContext(scenario.Batch) : null;
        if (model.Fits(scenario.Batch, scenario.Context))
        {
            var tight = headroom < 0.1 * (isTiny ? Math.Min(device.FlashBytes!.Value, device.SramBytes!.Value) : model.Available);
            return new(tight ? VerdictKind.Tight : VerdictKind.Fits, headroom, $"Fits{(tight ? ", with little to spare" : "")}: {Say(headroom)} left.") { LargestContext = context, LargestBatch = batch };
        }
        if (isTiny)
        {
            var flash = memory.Weights > device.FlashBytes;
            return new(VerdictKind.DoesNotFit, headroom, flash ? $"The weights need {Say(memory.Weights)} of flash; there are {Say(device.FlashBytes!.Value)}."
                : $"The arena needs {Say(memory.Total - memory.Weights)} of SRAM; there are {Say(device.SramBytes!.Value)}.");
        }
        if (Quantised(profile, work, device, scenario, reference, given.WeightBits) is { } scheme)
            return new(VerdictKind.FitsQuantised, headroom, $"Misses {Say(-headroom)}; fits as {scheme.Name}.") { Scheme = scheme, LargestContext = context, LargestBatch = batch, DevicesNeeded = Needed(profile, work, device, scenario, reference) };
        if (batch > 0 || context > 0)
            return new(VerdictKind.ShorterContext, headroom, $"The weights fit, with {Smaller(batch, context)}.") { LargestContext = context, LargestBatch = batch };
        if (Needed(profile, work, device, scenario, reference) is { } devices)
            return new(VerdictKind.NeedsDevices, headroom, $"Misses {Say(-headroom)}; fits on {devices} of these.") { DevicesNeeded = devices };
        return device.HostLinkBandwidth > 0 && memory.Total - memory.Weights < model.Available
            ? new(VerdictKind.Offload, headroom, $"Misses {Say(-headroom)}; part of the weights would have to stay in the host's memory.")
            : new(VerdictKind.DoesNotFit, headroom, $"Misses {Say(-headroom)}.");
    }

    static string Smaller(long batch, long? context) => (batch, context ?? 0) switch
    {
        (0, var tokens) => FormattableString.Invariant($"at most {tokens:N0} tokens of context at this batch"),
        (var largest, 0) => FormattableString.Invariant($"a batch of at most {largest:N0} at this context"),
        var (largest, tokens) => FormattableString.Invariant($"a batch of at most {largest:N0} at this context, or {tokens:N0} tokens at this batch"),
    };

    static Precision? Quantised(Profile profile, WorkModel work, Device device, Scenario scenario, Reference reference, double bits)
    {
        foreach (var precision in reference.Precisions.Where(p => p.IsOnLadder && p.Bits < bits).OrderByDescending(p => p.Bits))
        {
            var chosen = scenario with { Weights = precision };
            if (new StepModel(profile, work, device, chosen, Assumptions.Of(profile, device, chosen, reference, Phase.Decode, null, out _)).Fits(scenario.Batch, scenario.Context)) return precision;
        }
        return null;
    }

    static int? Needed(Profile profile, WorkModel work, Device device, Scenario scenario, Reference reference)
    {
        for (var devices = Math.Max(2, scenario.Devices * 2); devices <= 1024; devices *= 2)
        {
            var chosen = scenario with { Devices = devices, Parallelism = scenario.Parallelism == Parallelism.Replicas ? Parallelism.Tensor : scenario.Parallelism };
            if (new StepModel(profile, work, device, chosen, Assumptions.Of(profile, device, chosen, reference, Phase.Decode, null, out _)).Fits(scenario.Batch, scenario.Context)) return devices;
        }
        return null;
    }

    /// <summary>Capacity in binary units, as memory is sold.</summary>
    public static string Say(double bytes) => Math.Abs(bytes) switch
    {
        < 1 << 20 => FormattableString.Invariant($"{bytes / (1 << 10):0.#} KiB"),
        < 1 << 30 => FormattableString.Invariant($"{bytes / (1 << 20):0.#} MiB"),
        _ => FormattableString.Invariant($"{bytes / (1 << 30):0.#} GiB"),
    };
}
