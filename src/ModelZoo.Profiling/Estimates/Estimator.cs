namespace ModelZoo.Profiling;

/// <summary>Answers for a profile, a device and a scenario. Plain arithmetic: some microseconds each.</summary>
public static class Estimator
{
    /// <exception cref="ProfileException">The scenario cannot be, or the profile has nothing to compute with.</exception>
    public static Estimate Estimate(Profile profile, Device device, Scenario? scenario = null, Reference? reference = null)
    {
        scenario = (scenario ?? Scenario.Default).Checked();
        reference ??= Reference.BuiltIn;
        var missing = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, reason) in profile.NotMeasured) missing[key] = reason;
        var notices = new List<string>();
        if (scenario.Images > 0) scenario = WithImages(profile, scenario);
        var work = profile.Work ?? new WorkModel { Unit = WorkUnit.Input };
        var phase = scenario.Phase ?? (work.HasDecoder ? Phase.Decode : Phase.Forward);
        var given = Assumptions.Of(profile, device, scenario, reference, phase, notices, out var refusal);
        var model = new StepModel(profile, work, device, scenario, given);
        var memory = model.Memory(scenario.Batch, scenario.Context);
        var verdict = profile.Parameters is null || device.CapacityBytes is null
            ? new Verdict(VerdictKind.Unknown, 0, profile.Parameters is null ? "The parameters are not known." : $"The memory of {device.Name} is not known.")
            : FitCheck.Judge(profile, work, device, scenario, reference, given, model, memory);

        if (refusal is not null) missing["latencySeconds"] = refusal;
        else if (given.Bandwidth <= 0) missing["latencySeconds"] = $"The bandwidth of {device.Name} is not known.";
        else if (profile.Work is null) missing["latencySeconds"] = "The work of one unit is not known.";
        StepTime step = default;
        StepTime? prefill = null;
        double? request = null;
        Calibration? calibration = null;
        var canTell = !missing.ContainsKey("latencySeconds");
        if (canTell)
        {
            step = Step(model, work, scenario, phase);
            if (scenario.MeasuredSeconds is > 0 and var measured)
            {
                calibration = Calibrate(step, given, measured, notices);
                given = step.Bound == Bound.Compute ? given with { Compute = Math.Min(1, calibration.ImpliedShare), ComputeSource = "calibrated by the measured latency" }
                    : given with { BandwidthShare = Math.Min(1, calibration.ImpliedShare), ComputeSource = "calibrated by the measured latency" };
                model = new(profile, work, device, scenario, given);
                step = Step(model, work, scenario, phase);
            }
            if (work.HasDecoder && phase == Phase.Decode)
            {
                var forPrefill = Assumptions.Of(profile, device, scenario, reference, Phase.Prefill, null, out _);
                prefill = new StepModel(profile, work, device, scenario, forPrefill).Prefill(scenario.Batch, scenario.Prompt ?? scenario.Context);
                if (scenario.Images > 0) prefill += Tower(profile, device, scenario, reference);
                request = prefill.Value.Seconds + Math.Max(0, scenario.Output - 1) * model.Decode(scenario.Batch, scenario.Context + scenario.Output / 2).Seconds;
            }
            if (double.IsInfinity(step.NetworkSeconds)) missing["latencySeconds"] = "The link between the devices is not known: give its bandwidth.";
        }
        canTell = !missing.ContainsKey("latencySeconds");
        var fits = verdict.Kind is not (VerdictKind.FitsQuantised or VerdictKind.ShorterContext or VerdictKind.NeedsDevices or VerdictKind.Offload or VerdictKind.DoesNotFit);
        var calls = work.Unit != WorkUnit.Call ? 1 : scenario.CallsPerResult ?? (scenario.Steps ?? work.CallsPerResult / work.CallsPerStep) * (scenario.CallsPerStep ?? work.CallsPerStep);
        if (calls != 1) notices.Add(FormattableString.Invariant($"A result takes {calls:0.##} calls{(work.OnceFlop > 0 ? ", the text encoders and the decoder of latents once" : "")}; time and throughput are those of results."));
        double? latency = canTell ? step.Seconds * calls + (work.Unit == WorkUnit.Call ? model.Once(scenario.Batch).Seconds : 0) : null;
        if (canTell && !fits && scenario.Preset != Preset.Mlsysim) latency = Offloaded(model, memory, step, notices) * calls;
        var perStep = phase == Phase.Prefill || (phase == Phase.Forward && work.HasDecoder && scenario.Preset != Preset.Mlsysim) ? scenario.Batch * (scenario.Prompt ?? scenario.Context) : scenario.Batch;
        var copies = scenario.Parallelism is Parallelism.Replicas or Parallelism.Pipeline ? scenario.Devices : 1;
        if (step.IsOverhead) notices.Add("Starting the kernels takes longer than running them: a compiled graph, a larger batch or fewer layers would help.");
        if (work.FixedInputTokens > 0) notices.Add($"The encoder reads {work.FixedInputTokens:0} positions whatever the input.");
        if (work.ScanFlop > 0 && canTell) notices.Add($"The scan adds about {work.ScanFlop:N0} FLOP per token, which the figure leaves out.");
        return new()
        {
            Profile = profile, Device = device, Scenario = scenario, Phase = phase, Memory = memory, Verdict = verdict, Step = step,
            Bound = fits ? step.Bound : Bound.DoesNotFit,
            LatencySeconds = latency, ThroughputPerSecond = latency > 0 ? perStep * copies / latency : null,
            FlopPerUnit = profile.Work is null ? null : UnitFlop(model, work, scenario, phase), Prefill = canTell ? prefill : null, RequestSeconds = canTell ? request : null,
            TurningBatch = canTell && phase == Phase.Decode ? model.TurningBatch(scenario.Context) : null,
            Ridge = given.Bandwidth > 0 && given.Rate > 0 ? given.Rate / given.Bandwidth : null,
            ComputeShare = canTell ? step.Flop / scenario.Devices / step.Seconds / given.Rate : null,
            BandwidthShare = canTell ? step.Bytes / scenario.Devices / step.Seconds / given.Bandwidth : null,
            Calibration = calibration, Assumptions = given.ToList(scenario, device), Notices = notices, NotMeasured = missing,
        };
    }

    /// <summary>Tokens of pictures join the prompt, and so the cache.</summary>
    static Scenario WithImages(Profile profile, Scenario scenario)
    {
        if (profile is not { Work.HasDecoder: true, Shape.TokensPerImage: > 0 and var each }) throw new ProfileException("How many tokens a picture adds to a prompt of this model is not known.");
        var tokens = scenario.Images * each;
        return scenario with { Context = scenario.Context + tokens, Prompt = scenario.Prompt + tokens };
    }

    /// <summary>The vision tower, once per picture.</summary>
    static StepTime Tower(Profile profile, Device device, Scenario scenario, Reference reference)
    {
        if (profile.Parts.FirstOrDefault(part => part.Name == "vision")?.Profile is not { Work: { } work } tower) return default;
        var plain = scenario with { Images = 0, ImageSize = null, Phase = Phase.Forward };
        return new StepModel(tower, work, device, plain, Assumptions.Of(tower, device, plain, reference, Phase.Forward, null, out _)).Forward(scenario.Batch * scenario.Images);
    }

    /// <summary>The model of one device under this scenario's assumptions, for sweeps and searches.</summary>
    public static StepModel Prepare(Profile profile, Device device, Scenario? scenario = null, Reference? reference = null, Phase? phase = null)
    {
        scenario = (scenario ?? Scenario.Default).Checked();
        var work = profile.Work ?? throw new ProfileException("The work of one unit is not known, so no time can be told.");
        var given = Assumptions.Of(profile, device, scenario, reference ?? Reference.BuiltIn, phase ?? scenario.Phase ?? (work.HasDecoder ? Phase.Decode : Phase.Forward), null, out var refusal);
        return refusal is null ? new(profile, work, device, scenario, given) : throw new ProfileException(refusal);
    }

    /// <summary>The sizes of a model in every format of the ladder, largest first, with the largest that fits marked.</summary>
    public static IReadOnlyList<LadderStep> Ladder(Profile profile, Device device, Scenario? scenario = null, Reference? reference = null)
    {
        scenario = (scenario ?? Scenario.Default).Checked();
        reference ??= Reference.BuiltIn;
        if (profile.Parameters is null) return [];
        var steps = new List<LadderStep>();
        var found = false;
        foreach (var precision in reference.Precisions.Where(p => p.IsOnLadder).OrderByDescending(p => p.Bits))
        {
            var chosen = scenario with { Weights = precision };
            var given = Assumptions.Of(profile, device, chosen, reference, Phase.Decode, null, out _);
            var model = new StepModel(profile, profile.Work ?? new() { Unit = WorkUnit.Input }, device, chosen, given);
            var fits = device.CapacityBytes is not null && model.Fits(scenario.Batch, scenario.Context);
            var plan = model.Memory(scenario.Batch, scenario.Context);
            steps.Add(new(precision, model.WeightBytes, plan.Total, fits, fits && !found));
            found |= fits;
        }
        return steps;
    }

    static StepTime Step(StepModel model, WorkModel work, Scenario scenario, Phase phase) => phase switch
    {
        Phase.Decode when work.HasDecoder => model.Decode(scenario.Batch, scenario.Context),
        Phase.Prefill when work.HasDecoder => model.Prefill(scenario.Batch, scenario.Prompt ?? scenario.Context),
        _ when work.IsEncoder => model.Encode(scenario.Batch, scenario.Context),
        _ => model.Forward(scenario.Batch),
    };

    static double UnitFlop(StepModel model, WorkModel work, Scenario scenario, Phase phase) => phase switch
    {
        _ when work.IsEncoder => work.EncoderFlop(scenario.Context),
        Phase.Prefill when work.HasDecoder => work.PromptFlop(scenario.Prompt ?? scenario.Context),
        Phase.Forward when work.HasDecoder && scenario.Preset == Preset.Mlsysim => work.TokenFlop(0),
        Phase.Forward when work.HasDecoder => work.PromptFlop(scenario.Prompt ?? scenario.Context),
        _ when work.HasDecoder => work.TokenFlop(scenario.Context, model.InputTokens),
        _ => model.UnitFlop,
    };

    static Calibration Calibrate(StepTime step, Assumptions given, double measured, List<string> notices)
    {
        var left = Math.Max(measured - step.OverheadSeconds - step.NetworkSeconds, measured * 1e-3);
        var bound = step.ComputeSeconds >= step.MemorySeconds ? Bound.Compute : Bound.Memory;
        var share = bound == Bound.Compute ? step.ComputeSeconds * given.Compute / left : step.MemorySeconds * given.BandwidthShare / left;
        if (share > 1) notices.Add("The measurement is faster than the ceiling of the device: the figures of the device, the workload or the measurement are not what they seem.");
        return new(measured, step.Seconds, share, bound);
    }

    /// <summary>What does not fit is streamed from the host at every step; only the spilled share is slow.</summary>
    static double? Offloaded(StepModel model, MemoryPlan memory, StepTime step, List<string> notices)
    {
        var host = model.HostBandwidth;
        if ((host ?? model.Device.HostLinkBandwidth) is not (> 0 and var link) || model.Device.IsMicrocontroller) return null;
        var spilled = Math.Min(1, (memory.Total - model.Available) / Math.Max(1, memory.Weights));
        if (memory.Total - memory.Weights > model.Available) return null;
        var read = spilled * Math.Min(step.Bytes, model.WeightBytes);
        notices.Add(host is null ? $"It does not fit; the time is that of reading {spilled:P0} of the weights over the host's link at every step." : $"It does not fit; {spilled:P0} of the weights are used where they lie, by the host's processor.");
        return Math.Max(step.ComputeSeconds, step.MemorySeconds * (1 - read / Math.Max(1, step.Bytes))) + read / link + step.NetworkSeconds + step.OverheadSeconds;
    }
}
