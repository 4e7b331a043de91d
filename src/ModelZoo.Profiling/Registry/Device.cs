using System.Globalization;

namespace ModelZoo.Profiling;

/// <summary>Hardware with dense peak rates per number format, memory, bandwidth and the source of it all. What is null is not known.</summary>
public sealed record Device
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public string? Vendor { get; init; }

    /// <summary>cloud-gpu, cloud-accelerator, workstation, cpu, mobile, edge, tiny, reference.</summary>
    public string Kind { get; init; } = "user";

    public int? ReleaseYear { get; init; }

    /// <summary>Dense peak rates in FLOP/s (or integer operations per second).</summary>
    public IReadOnlyDictionary<NumberFormat, double> PeakRates { get; init; } = new Dictionary<NumberFormat, double>();

    /// <summary>The vendor prints a doubled rate for 2:4 sparsity as well.</summary>
    public bool HasSparsity { get; init; }

    /// <summary>What the box says.</summary>
    public double? MemoryBytes { get; init; }

    /// <summary>What the driver reports; falls back to the box.</summary>
    public double? UsableMemoryBytes { get; init; }

    /// <summary>Bytes per second.</summary>
    public double? Bandwidth { get; init; }

    public string? MemoryType { get; init; }
    public double? SramBytes { get; init; }
    public double? SramBandwidth { get; init; }
    public double? FlashBytes { get; init; }
    public double? FlashBandwidth { get; init; }
    public string? HostLink { get; init; }

    /// <summary>Bytes per second and direction.</summary>
    public double? HostLinkBandwidth { get; init; }

    public string? ScaleUpLink { get; init; }

    /// <summary>Bytes per second and direction.</summary>
    public double? ScaleUpBandwidth { get; init; }

    public double? Watts { get; init; }
    public double? BatteryWattHours { get; init; }
    public double? PriceDollars { get; init; }
    public double? EmbodiedKilograms { get; init; }
    public double DispatchSeconds { get; init; }

    /// <summary>Accelerators that one row stands for: racks.</summary>
    public int Accelerators { get; init; } = 1;

    /// <summary>datasheet, derived, secondary, estimate, convention.</summary>
    public string Confidence { get; init; } = "declared";

    public string? Source { get; init; }

    /// <summary>The figures of mlsysim for the same device, as JSON, for comparison.</summary>
    public string? MlsysimFigures { get; init; }

    public string? Note { get; init; }

    /// <summary>Memory shared with the processor.</summary>
    public bool IsUnified => MemoryType?.Contains("unified", StringComparison.OrdinalIgnoreCase) == true;

    public bool IsApple => Vendor == "Apple";

    /// <summary>Cards of data centres and of desks; not unified, not integrated.</summary>
    public bool IsGpu => Kind is "cloud-gpu" || (Kind is "workstation" && !IsUnified);

    public bool IsDatacentre => Kind is "cloud-gpu" or "cloud-accelerator";

    /// <summary>Weights lie in flash, the tensor arena in SRAM.</summary>
    public bool IsMicrocontroller => Kind == "tiny" && FlashBytes > 0 && SramBytes > 0;

    public double? CapacityBytes => UsableMemoryBytes ?? MemoryBytes;

    /// <summary>
    /// The rate at which a format really runs. A missing format runs at the next wider one that the device has, and that is said; a device of
    /// whole numbers only refuses the others (workloads.md § 12.2).
    /// </summary>
    /// <returns>Null when the device cannot compute this at all; the notice says why.</returns>
    public (double Rate, NumberFormat Format, string? Notice)? FindRate(NumberFormat wanted, out string? refusal)
    {
        refusal = null;
        foreach (var format in Wider(wanted))
            if (PeakRates.TryGetValue(format, out var rate) && rate > 0)
                return (rate, format, format == wanted || (wanted, format) is (NumberFormat.Bf16, NumberFormat.Fp16) or (NumberFormat.Fp16, NumberFormat.Bf16)
                    ? null : $"No {Say(wanted)} units: computed at the {Say(format)} rate.");
        refusal = PeakRates.Count == 0 ? $"No peak rate of {Name} is known."
            : $"{Name} computes in {string.Join(", ", PeakRates.Keys.Select(Say))} only, not in {Say(wanted)} or wider.";
        return null;
    }

    static NumberFormat[] Wider(NumberFormat wanted) => wanted switch
    {
        NumberFormat.Fp4 => [NumberFormat.Fp4, NumberFormat.Fp8, NumberFormat.Fp16, NumberFormat.Bf16, NumberFormat.Fp32],
        NumberFormat.I4 => [NumberFormat.I4, NumberFormat.I8, NumberFormat.Fp16, NumberFormat.Bf16, NumberFormat.Fp32],
        NumberFormat.Fp8 => [NumberFormat.Fp8, NumberFormat.Fp16, NumberFormat.Bf16, NumberFormat.Fp32],
        NumberFormat.I8 => [NumberFormat.I8, NumberFormat.Fp16, NumberFormat.Bf16, NumberFormat.Fp32],
        NumberFormat.Bf16 => [NumberFormat.Bf16, NumberFormat.Fp16, NumberFormat.Fp32],
        NumberFormat.Fp16 => [NumberFormat.Fp16, NumberFormat.Bf16, NumberFormat.Fp32],
        NumberFormat.Tf32 => [NumberFormat.Tf32, NumberFormat.Fp32],
        NumberFormat.Fp32 => [NumberFormat.Fp32, NumberFormat.Fp64],
        _ => [NumberFormat.Fp64],
    };

    static string Say(NumberFormat format) => format.ToName().ToUpperInvariant();

    /// <exception cref="ProfileException">No id, or a field that is no number.</exception>
    public static Device From(IReadOnlyDictionary<string, string> row)
    {
        var rates = new SortedDictionary<NumberFormat, double>();
        foreach (var format in Enum.GetValues<NumberFormat>())
            if (Number(format.ToName()) is > 0 and var rate) rates[format] = rate;
        var id = RecordTable.GetId(row);
        return new()
        {
            Id = id, Name = Text("name") ?? id, Vendor = Text("vendor"), Kind = Text("kind") ?? "user", ReleaseYear = (int?)Number("release_year"),
            PeakRates = rates, HasSparsity = Text("sparsity_2_4") == "yes", MemoryBytes = Number("memory_bytes"), UsableMemoryBytes = Number("usable_memory_bytes"),
            Bandwidth = Number("memory_bandwidth_Bps"), MemoryType = Text("memory_type"), SramBytes = Number("sram_bytes"), SramBandwidth = Number("sram_bandwidth_Bps"),
            FlashBytes = Number("flash_bytes"), FlashBandwidth = Number("flash_bandwidth_Bps"), HostLink = Text("host_link"),
            HostLinkBandwidth = Number("host_link_Bps_per_direction"), ScaleUpLink = Text("scaleup_link"), ScaleUpBandwidth = Number("scaleup_Bps_per_direction"),
            Watts = Number("tdp_w"), BatteryWattHours = Number("battery_wh"), PriceDollars = Number("unit_cost_usd"), EmbodiedKilograms = Number("embodied_carbon_kg"),
            DispatchSeconds = Number("dispatch_overhead_s") ?? 0, Accelerators = (int)Math.Clamp(Number("accelerator_count") ?? 1, 1, 1_000_000),
            Confidence = Text("confidence") ?? "declared", Source = Text("source_url"), MlsysimFigures = Text("mlsysim_values"), Note = Text("note"),
        };

        string? Text(string name) => RecordTable.FindText(row, name);
        double? Number(string name) => RecordTable.FindNumber(row, name);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({Id})");
}
