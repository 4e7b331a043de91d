namespace ModelZoo.Profiling;

/// <summary>The kind of work an efficiency holds for.</summary>
public enum Phase
{
    Decode,
    Prefill,

    /// <summary>One pass over a whole input: encoders, images, denoising calls.</summary>
    Forward,
    Training,
}

/// <summary>The share of a device's peaks that software reaches, with the measurements behind it. The first row that matches is used.</summary>
/// <param name="Devices">gpu, cpu, unified, datacentre, edge; null for any.</param>
public sealed record Efficiency(string Id, Phase Phase, string? Devices, double? MaxBandwidth, double? MaxWeightBits, double Compute, double Bandwidth, string Source)
{
    public static Efficiency From(IReadOnlyDictionary<string, string> row)
    {
        var id = RecordTable.GetId(row);
        if (!Enum.TryParse<Phase>(RecordTable.FindText(row, "phase"), ignoreCase: true, out var phase)) throw new ProfileException($"Efficiency '{id}' has no phase.");
        return new(id, phase, RecordTable.FindText(row, "devices"), RecordTable.FindNumber(row, "max_bandwidth_bytes_per_s"), RecordTable.FindNumber(row, "max_weight_bits"),
            Share("compute"), Share("bandwidth"), RecordTable.FindText(row, "source") ?? "");

        double Share(string name) => RecordTable.FindNumber(row, name) is > 0 and <= 1 and var share ? share : throw new ProfileException($"'{name}' of efficiency '{id}' must lie between 0 and 1.");
    }

    public bool Fits(Phase phase, Device device, double weightBits) =>
        Phase == phase && (MaxBandwidth is null || device.Bandwidth <= MaxBandwidth) && (MaxWeightBits is null || weightBits <= MaxWeightBits)
        && Devices switch
        {
            null => true,
            "unified" => device.IsUnified,
            "gpu" => device.IsGpu,
            "datacentre" => device.IsDatacentre,
            "cpu" => device.Kind is "cpu" || device.Id.Contains("cpu", StringComparison.Ordinal),
            var kind => device.Kind == kind,
        };
}
