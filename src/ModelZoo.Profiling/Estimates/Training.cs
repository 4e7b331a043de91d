namespace ModelZoo.Profiling;

/// <summary>Optimisers by what they keep per trained parameter (Rajbhandari 2020, arXiv:1910.02054).</summary>
public enum Optimizer
{
    /// <summary>fp32 master and two moments: 12 bytes.</summary>
    Adam,

    /// <summary>fp32 master and two moments of 8 bits: 6 bytes.</summary>
    Adam8Bit,

    /// <summary>fp32 master and momentum: 8 bytes.</summary>
    Sgd,

    /// <summary>All in fp32: 4 weights, 4 gradients, 8 moments.</summary>
    AdamFp32,
}

/// <summary>What of a layer's activations is computed again on the way back (Korthikanti 2022, arXiv:2205.05198).</summary>
public enum Recomputation
{
    None,
    Selective,
    Full,
}

/// <summary>How training is done.</summary>
public sealed record TrainingPlan
{
    public double Batch { get; init; } = 1;
    public double Sequence { get; init; } = 2048;
    public Optimizer Optimizer { get; init; } = Optimizer.Adam;
    public Recomputation Recomputation { get; init; }

    /// <summary>0 to 3: what is dealt out over the data-parallel devices.</summary>
    public int ZeroStage { get; init; }

    public int Devices { get; init; } = 1;

    /// <summary>Share of the peak rate; null: the default of the table.</summary>
    public double? Mfu { get; init; }

    public bool HasFlashAttention { get; init; } = true;

    /// <summary>Rank of LoRA on the attention and feed-forward matrices; 0 trains everything.</summary>
    public int LoraRank { get; init; }

    /// <summary>Bytes per base weight that is not trained: 2, or about 0.52 for NF4.</summary>
    public double FrozenBytes { get; init; } = 2;

    public double? LinkBandwidth { get; init; }

    /// <summary>Tokens of the whole run; null for a step only.</summary>
    public double? Tokens { get; init; }
}

/// <param name="StepFlop">Model FLOP of one step over all devices: 3 × forward.</param>
/// <param name="HardwareFlop">With what is computed again.</param>
public sealed record TrainingEstimate(
    double TrainedParameters, double WeightBytes, double GradientBytes, double OptimizerBytes, double ActivationBytes, double MemoryBytes, bool? Fits,
    double StepFlop, double HardwareFlop, double ComputeSeconds, double NetworkSeconds, double StepSeconds, double? RunFlop, double? RunSeconds, double CheckpointBytes);

/// <summary>Training: memory of states and activations, time of a step and of a run.</summary>
public static class Training
{
    public static TrainingEstimate Estimate(Profile profile, Device device, TrainingPlan plan, Reference? reference = null)
    {
        reference ??= Reference.BuiltIn;
        var work = profile.Work ?? throw new ProfileException("The work of one unit is not known, so no training can be estimated.");
        var parameters = profile.Parameters?.Value ?? throw new ProfileException("The parameters are not known.");
        if (!(plan.Batch > 0) || !(plan.Sequence > 0) || plan.Devices < 1 || plan.ZeroStage is < 0 or > 3 || plan.LoraRank < 0) throw new ProfileException("Batch, sequence, devices and stage of the plan cannot be.");
        var trained = plan.LoraRank > 0 ? LoraParameters(profile, plan.LoraRank) : parameters;
        var (weightBytes, gradientBytes, optimizerBytes) = plan.Optimizer switch
        {
            Optimizer.Adam => (2.0, 2.0, 12.0),
            Optimizer.Adam8Bit => (2, 2, 6),
            Optimizer.Sgd => (2, 2, 8),
            _ => (4, 4, 8),
        };
        double n = plan.Devices;
        var weights = plan.LoraRank > 0 ? parameters * plan.FrozenBytes + trained * weightBytes : trained * weightBytes / (plan.ZeroStage >= 3 ? n : 1);
        var gradients = trained * gradientBytes / (plan.ZeroStage >= 2 ? n : 1);
        var optimizer = trained * optimizerBytes / (plan.ZeroStage >= 1 ? n : 1);
        var perDevice = plan.Batch / n;
        var activations = Activations(profile, work, plan, perDevice);
        var memory = weights + gradients + optimizer + activations + 0.5 * (1 << 30);

        var forward = work.HasDecoder ? plan.Batch * (work.PromptFlop(plan.Sequence) + 2 * work.HeadWeights * (plan.Sequence - 1))
            : work.IsEncoder ? plan.Batch * work.EncoderFlop(plan.Sequence) : plan.Batch * work.FlopPerUnit;
        var step = 3 * forward;
        var hardware = plan.Recomputation == Recomputation.Full ? 4 * forward : step;
        var rate = device.FindRate(plan.Optimizer == Optimizer.AdamFp32 ? NumberFormat.Fp32 : NumberFormat.Bf16, out var refusal) ?? throw new ProfileException(refusal ?? "The device has no rate.");
        var mfu = plan.Mfu ?? reference.GetEfficiency(Phase.Training, device, 16).Compute;
        if (!(mfu > 0 && mfu <= 1)) throw new ProfileException("The MFU must lie between 0 and 1.");
        var compute = hardware / (n * rate.Rate * mfu);
        var link = plan.LinkBandwidth ?? device.ScaleUpBandwidth ?? device.HostLinkBandwidth ?? 0;
        // The exchange of gradients hides behind the backward pass, two thirds of the work.
        var exchange = plan.Devices > 1 ? link > 0 ? Links.RingAllReduce(trained * gradientBytes, plan.Devices, link, 1e-6) * (plan.ZeroStage >= 3 ? 1.5 : 1) : double.PositiveInfinity : 0;
        var network = Math.Max(0, exchange - compute * 2 / 3);
        double? runFlop = plan.Tokens is { } tokens ? 6 * (profile.ActiveParameters?.Value ?? parameters) * tokens * (plan.Recomputation == Recomputation.Full ? 4.0 / 3 : 1) : null;
        return new(trained, weights, gradients, optimizer, activations, memory, device.CapacityBytes is { } capacity ? memory <= capacity * 0.95 : null,
            step, hardware, compute, network, compute + network, runFlop, runFlop is { } all ? all / (n * rate.Rate * mfu) : null, trained * (weightBytes + optimizerBytes));
    }

    /// <summary>34·s·b·h per layer, and 5·a·s²·b of scores unless flash attention or recomputation avoids them; full recomputation keeps 2·s·b·h.</summary>
    static double Activations(Profile profile, WorkModel work, TrainingPlan plan, double batch)
    {
        if (!work.HasDecoder && !work.IsEncoder) return plan.Recomputation == Recomputation.Full ? 2 * batch * work.PeakActivationElements : 2 * 2 * batch * work.ActivationElements;
        var (layers, h, a, s) = (profile.Shape.Layers ?? work.LayerCount, (double)(profile.Shape.Hidden ?? 0), (double)(profile.Shape.Heads ?? 0), plan.Sequence);
        var width = plan.Optimizer == Optimizer.AdamFp32 ? 2.0 : 1;
        return layers * width * plan.Recomputation switch
        {
            Recomputation.Full => 2 * s * batch * h,
            Recomputation.Selective => 34 * s * batch * h,
            _ => 34 * s * batch * h + (plan.HasFlashAttention ? 0 : 5 * a * s * s * batch),
        };
    }

    /// <summary>Σ r·(in + out) over matrices of attention and feed-forward, experts left out.</summary>
    public static double LoraParameters(Profile profile, int rank)
    {
        if (profile.Groups.Count == 0) throw new ProfileException("The matrices are not known one by one, so adapters cannot be counted.");
        double sum = 0;
        foreach (var group in profile.Groups)
            if (group is { Role: WeightRole.Matrix, Component: Component.Attention or Component.FeedForward }) sum += (double)rank * (group.Inputs + group.Outputs) * group.Copies;
        return sum;
    }

    /// <summary>Parameters and tokens that use an amount of compute best: D = 20·P, C = 6·P·D (Hoffmann 2022, arXiv:2203.15556).</summary>
    public static (double Parameters, double Tokens) ComputeOptimal(double flop)
    {
        var parameters = Math.Sqrt(flop / 120);
        return (parameters, 20 * parameters);
    }

    /// <summary>√(2·δ·MTBF) (Young 1974), the MTBF of N parts being that of one over N.</summary>
    public static double CheckpointInterval(double checkpointSeconds, double meanSecondsBetweenFailures, int parts) =>
        Math.Sqrt(2 * checkpointSeconds * meanSecondsBetweenFailures / parts);
}
