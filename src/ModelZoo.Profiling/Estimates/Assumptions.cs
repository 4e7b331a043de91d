namespace ModelZoo.Profiling;

/// <summary>An assumption as it was used, and where its value comes from.</summary>
public readonly record struct Assumption(string Name, double Value, string Source);

/// <summary>A scenario with every default filled in for one device: what the arithmetic uses.</summary>
public readonly record struct Assumptions
{
    /// <summary>Peak rate in FLOP/s of the format that the arithmetic runs in.</summary>
    public double Rate { get; init; }

    public NumberFormat Format { get; init; }
    public double Compute { get; init; }

    /// <summary>Peak bandwidth in byte/s.</summary>
    public double Bandwidth { get; init; }

    public double BandwidthShare { get; init; }
    public double DispatchSeconds { get; init; }
    public double LayerSeconds { get; init; }
    public double MemoryShare { get; init; }

    /// <summary>Kept free beside the share.</summary>
    public double RuntimeBytes { get; init; }

    /// <summary>Bits per weight that matrices are read with.</summary>
    public double WeightBits { get; init; }

    /// <summary>Bits of the head.</summary>
    public double HeadBits { get; init; }

    public double LinkBandwidth { get; init; }
    public double LinkSeconds { get; init; }
    public string ComputeSource { get; init; }
    public string WeightsSource { get; init; }

    public static Assumptions Of(Profile profile, Device device, Scenario scenario, Reference reference, Phase phase, List<string>? notices, out string? refusal)
    {
        var (bits, headBits, arithmetic, weightsSource) = Weights(profile, scenario, reference);
        var rate = device.FindRate(arithmetic, out refusal);
        if (rate?.Notice is { } notice) notices?.Add(notice);
        var isCeiling = scenario.Preset == Preset.Ceiling;
        var isMlsysim = scenario.Preset == Preset.Mlsysim;
        var row = isCeiling || isMlsysim ? null : reference.GetEfficiency(phase, device, bits);
        return new()
        {
            Rate = rate?.Rate ?? 0, Format = rate?.Format ?? arithmetic,
            Compute = scenario.ComputeEfficiency ?? (isCeiling ? 1 : isMlsysim ? 0.5 : row!.Compute),
            Bandwidth = device.IsMicrocontroller && device.FlashBandwidth is > 0 and var flash ? flash : device.Bandwidth ?? 0,
            BandwidthShare = scenario.BandwidthEfficiency ?? (isCeiling || isMlsysim ? 1 : row!.Bandwidth),
            DispatchSeconds = scenario.DispatchSeconds ?? (isCeiling ? 0 : device.DispatchSeconds),
            LayerSeconds = scenario.LayerSeconds ?? (isCeiling ? 0 : isMlsysim || device.Kind is not ("cloud-accelerator" or "tiny" or "cpu") ? 10e-6 : 0),
            MemoryShare = scenario.MemoryShare ?? (isMlsysim || isCeiling ? 1 : DefaultShare(device)),
            RuntimeBytes = scenario.RuntimeBytes ?? (isMlsysim || isCeiling ? 0 : DefaultRuntime(device)),
            WeightBits = bits, HeadBits = headBits,
            LinkBandwidth = scenario.LinkBandwidth ?? device.ScaleUpBandwidth ?? device.HostLinkBandwidth ?? 0, LinkSeconds = scenario.LinkSeconds,
            ComputeSource = scenario.ComputeEfficiency is not null || scenario.BandwidthEfficiency is not null ? "given" : isCeiling ? "preset: ceiling" : isMlsysim ? "preset: mlsysim" : $"{row!.Id}: {row.Source}",
            WeightsSource = weightsSource,
        };
    }

    static (double Bits, double HeadBits, NumberFormat Arithmetic, string Source) Weights(Profile profile, Scenario scenario, Reference reference)
    {
        if (scenario.Weights is { } chosen) return (chosen.Bits, chosen.EmbeddingBits ?? chosen.Bits, chosen.Arithmetic, chosen.Name);
        if ((profile.MatrixBits ?? profile.BitsPerParameter) is { } stored and > 0) return (stored, profile.HeadBits ?? stored, Stored(profile), "as stored");
        var plain = reference.FindPrecision("bf16")!;
        return (plain.Bits, plain.Bits, plain.Arithmetic, "BF16, for want of stored weights");
    }

    /// <summary>Weights alone in few bits are multiplied in 16; plain formats in their own.</summary>
    static NumberFormat Stored(Profile profile) => profile.DTypes is [var largest, ..] ? largest.DType switch
    {
        "F64" => NumberFormat.Fp64,
        "F32" => NumberFormat.Fp32,
        "F16" => NumberFormat.Fp16,
        "F8_E4M3" or "F8_E5M2" => NumberFormat.Fp8,
        "I8" or "INT8" => NumberFormat.I8,
        _ => NumberFormat.Bf16,
    } : NumberFormat.Bf16;

    /// <summary>vLLM reserves 0.90; Metal's working set is 0.75 of unified memory, 0.67 on machines below 36 GB; phones leave an app about 0.6 (workloads.md § 5.5).</summary>
    internal static double DefaultShare(Device device) => device.IsApple && device.IsUnified ? device.MemoryBytes >= 36e9 ? 0.75 : 0.67 : device.Kind == "mobile" ? 0.6 : device.Kind == "tiny" ? 1 : 0.9;

    /// <summary>A context of the driver and workspaces of its libraries; a micro-controller's interpreter.</summary>
    internal static double DefaultRuntime(Device device) => device.Kind switch
    {
        "tiny" => 35_000,
        "cpu" or "reference" => 0.2 * (1 << 30),
        _ => 0.5 * (1 << 30),
    };

    public IReadOnlyList<Assumption> ToList(Scenario scenario, Device device)
    {
        List<Assumption> list =
        [
            new("batch", scenario.Batch, "given"),
            new("context", scenario.Context, "given"),
            new("weightBits", WeightBits, WeightsSource),
            new("cacheBytesPerElement", scenario.CacheBytes, "given, or 16 bit"),
            new("activationBytesPerElement", scenario.ActivationBytes, "given, or 16 bit"),
            new("peakFlopPerSecond", Rate, $"{Format.ToName()}, dense; {device.Confidence}: {device.Source ?? "no source"}"),
            new("peakBytesPerSecond", Bandwidth, $"{device.Confidence}: {device.Source ?? "no source"}"),
            new("computeEfficiency", Compute, ComputeSource),
            new("bandwidthEfficiency", BandwidthShare, ComputeSource),
            new("dispatchSeconds", DispatchSeconds, scenario.DispatchSeconds is null ? "device" : "given"),
            new("layerSeconds", LayerSeconds, scenario.LayerSeconds is null ? "10 µs per layer of separate kernels, 0 for compiled programs" : "given"),
            new("memoryShare", MemoryShare, scenario.MemoryShare is null ? "0.90 reserved by servers, 0.75 or 0.67 of unified memory on Apple, 0.6 on phones" : "given"),
            new("runtimeBytes", RuntimeBytes, scenario.RuntimeBytes is null ? "driver context and workspaces" : "given"),
        ];
        if (scenario.Devices > 1)
        {
            list.Add(new("devices", scenario.Devices, scenario.Parallelism.ToString().ToLowerInvariant()));
            list.Add(new("linkBytesPerSecond", LinkBandwidth, scenario.LinkBandwidth is null ? $"{device.ScaleUpLink ?? device.HostLink ?? "none"}, per direction" : "given"));
            list.Add(new("linkSeconds", LinkSeconds, "given, or 1 µs"));
        }
        return list;
    }
}
