namespace ModelZoo.Profiling;

/// <summary>How several devices share the work.</summary>
public enum Parallelism
{
    /// <summary>Every matrix is cut; two all-reduces per layer.</summary>
    Tensor,

    /// <summary>Layers are dealt out; one request gains nothing.</summary>
    Pipeline,

    /// <summary>Experts are dealt out; two all-to-alls per mixture layer.</summary>
    Expert,

    /// <summary>Whole copies side by side.</summary>
    Replicas,
}

/// <summary>Sets of assumptions under one name.</summary>
public enum Preset
{
    /// <summary>Shares of the peaks as measured in public (data/devices/efficiencies.csv).</summary>
    Default,

    /// <summary>Every peak reached, nothing added: what no software can beat.</summary>
    Ceiling,

    /// <summary>The assumptions of the textbook tool mlsysim: half the peak rate, full bandwidth, 10 µs per layer, activations 10 % of the weight bytes per sample; docs/mlsysim.md.</summary>
    Mlsysim,
}

/// <summary>What one wants to run and under which assumptions. Everything is adjustable; what is null takes the default, and the answer lists what was used.</summary>
public sealed record Scenario
{
    public static readonly Scenario Default = new();

    /// <summary>Null: decode for token models, forward for the rest.</summary>
    public Phase? Phase { get; init; }

    /// <summary>Sequences, images or calls at a time.</summary>
    public double Batch { get; init; } = 1;

    /// <summary>Tokens in the cache, the new one included; for encoders the length of the sequence.</summary>
    public double Context { get; init; } = 2048;

    /// <summary>Tokens of the prompt; null: the context.</summary>
    public double? Prompt { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public double Output { get; init; } = 256;

    /// <summary>Tokens that the encoder of an encoder-decoder reads; null: as many as the prompt.</summary>
    public double? InputTokens { get; init; }

    /// <summary>Format of the weights; null: as stored when headers say, else BF16.</summary>
    public Precision? Weights { get; init; }

    /// <summary>Bytes per cached number: 2 for 16 bit, 1 for fp8, 1.0625 for q8_0. Its own choice, never tied to the weights.</summary>
    public double CacheBytes { get; init; } = 2;

    public double ActivationBytes { get; init; } = 2;

    public double StateBytes { get; init; } = 2;

    public double? ComputeEfficiency { get; init; }
    public double? BandwidthEfficiency { get; init; }

    /// <summary>Seconds to start one step.</summary>
    public double? DispatchSeconds { get; init; }

    /// <summary>Seconds each layer adds: 10 µs for separate kernels, 2 µs for compiled graphs.</summary>
    public double? LayerSeconds { get; init; }

    /// <summary>Share of unfused activation traffic that fused kernels still move.</summary>
    public double ActivationShare { get; init; } = 0.6;

    /// <summary>Share of the memory that a program may use.</summary>
    public double? MemoryShare { get; init; }

    public double? RuntimeBytes { get; init; }

    /// <summary>Files that must be loaded beside the model.</summary>
    public double CompanionBytes { get; init; }

    public int Devices { get; init; } = 1;
    public Parallelism Parallelism { get; init; }

    /// <summary>Bytes per second and direction between devices; null: the device's scale-up link, else its host link.</summary>
    public double? LinkBandwidth { get; init; }

    public double LinkSeconds { get; init; } = 1e-6;

    /// <summary>Tokens per page of the cache: each sequence is rounded up. 0: exact.</summary>
    public int Page { get; init; }

    /// <summary>Most prompt tokens in flight.</summary>
    public int Chunk { get; init; } = 2048;

    /// <summary>Prompt tokens whose cache is there already.</summary>
    public double CachedPrefix { get; init; }

    /// <summary>Attention scores are never stored.</summary>
    public bool HasFlashAttention { get; init; } = true;

    /// <summary>Denoising steps × calls per step; null: <see cref="Steps"/> × <see cref="CallsPerStep"/>.</summary>
    public double? CallsPerResult { get; init; }

    /// <summary>Denoising steps of one picture; null: as the model's family does.</summary>
    public double? Steps { get; init; }

    /// <summary>Calls of one step: 2 with guidance, 1 without; null: as the model's family does.</summary>
    public double? CallsPerStep { get; init; }

    /// <summary>Pictures in a prompt: each adds its tokens and one pass of the vision tower.</summary>
    public double Images { get; init; }

    /// <summary>Bytes per second of the host's memory: what does not fit is then computed there, as llama.cpp does, and not sent over the link.</summary>
    public double? HostBandwidth { get; init; }

    /// <summary>Side of the picture; null: the model's own.</summary>
    public double? ImageSize { get; init; }

    /// <summary>A latency that someone measured; calibrates the share of the peak that bounds.</summary>
    public double? MeasuredSeconds { get; init; }

    public Preset Preset { get; init; }

    /// <exception cref="ProfileException">A number that cannot be.</exception>
    public Scenario Checked()
    {
        if (Phase == Profiling.Phase.Training) throw new ProfileException("Training has a plan of its own: it is no phase of serving.");
        Positive(Batch, "batch", 1e9);
        Positive(Context, "context", 1e12);
        if (Prompt is { } prompt) Positive(prompt, "prompt", 1e12);
        if (CachedPrefix < 0 || CachedPrefix > (Prompt ?? Context)) throw new ProfileException("The cached prefix must lie between zero and the prompt.");
        if (!(Output >= 0 && Output <= 1e12)) throw new ProfileException("The answer must have zero or more tokens.");
        foreach (var (value, name) in ((double?, string)[])[(ComputeEfficiency, "compute efficiency"), (BandwidthEfficiency, "bandwidth efficiency"), (MemoryShare, "share of memory")])
            if (value is not null && !(value > 0 && value <= 1)) throw new ProfileException($"The {name} must lie between 0 and 1.");
        if (Devices is < 1 or > 1_000_000) throw new ProfileException("There must be between 1 and 1,000,000 devices.");
        foreach (var (value, name) in ((double, string)[])[(CacheBytes, "bytes per cached number"), (ActivationBytes, "bytes per activation"), (StateBytes, "bytes per state number")])
            if (!(value > 0 && value <= 16)) throw new ProfileException($"The {name} must lie between 0 and 16.");
        if (Chunk < 1 || Page < 0) throw new ProfileException("A chunk has at least one token, a page zero or more.");
        foreach (var value in (double?[])[DispatchSeconds, LayerSeconds, LinkSeconds, RuntimeBytes, CompanionBytes, LinkBandwidth, MeasuredSeconds])
            if (value is not null && !(value >= 0 && double.IsFinite(value.Value))) throw new ProfileException("Times, bytes and rates must be zero or more.");
        if (Steps is { } steps) Positive(steps, "steps of a picture", 1e6);
        if (CallsPerStep is { } each) Positive(each, "calls per step", 1000);
        if (!(Images >= 0 && Images <= 1e6)) throw new ProfileException("The pictures of a prompt must be zero or more.");
        if (HostBandwidth is { } host) Positive(host, "bandwidth of the host", 1e15);
        if (CallsPerResult is { } calls) Positive(calls, "calls per result", 1e9);
        if (ImageSize is { } size) Positive(size, "image size", 1e6);
        return this;
    }

    static void Positive(double value, string name, double most)
    {
        if (!(value > 0 && value <= most)) throw new ProfileException($"The {name} must be more than zero and at most {most:0}.");
    }
}
