using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>The assumptions of an estimate with their units, and with sources as they stand in the registry.</summary>
static class AssumptionWords
{
    public static IReadOnlyList<AssumptionLine> Of(Estimate estimate) => [.. estimate.Assumptions.Select(assumption => new AssumptionLine(Name(assumption.Name), Value(assumption), assumption.Source))];

    static string Name(string name) => name switch
    {
        "batch" => "Batch",
        "context" => "Context, tokens",
        "weightBits" => "Bits per weight",
        "cacheBytesPerElement" => "Bytes per cached number",
        "activationBytesPerElement" => "Bytes per activation",
        "peakFlopPerSecond" => "Peak rate",
        "peakBytesPerSecond" => "Peak bandwidth",
        "computeEfficiency" => "Share of the peak rate",
        "bandwidthEfficiency" => "Share of the peak bandwidth",
        "dispatchSeconds" => "Starting one step",
        "layerSeconds" => "Starting one layer",
        "memoryShare" => "Share of the memory",
        "runtimeBytes" => "Runtime",
        "devices" => "Devices",
        "linkBytesPerSecond" => "Link, one direction",
        "linkSeconds" => "Latency of the link",
        _ => name,
    };

    static string Value(Assumption assumption) => assumption.Name switch
    {
        "context" or "batch" or "devices" => Amount.Whole(assumption.Value),
        "peakFlopPerSecond" => Amount.Rate(assumption.Value),
        "peakBytesPerSecond" or "linkBytesPerSecond" => Amount.Bandwidth(assumption.Value),
        "dispatchSeconds" or "layerSeconds" or "linkSeconds" => Amount.Seconds(assumption.Value),
        "runtimeBytes" => Amount.Bytes(assumption.Value),
        _ => Amount.Plain(assumption.Value),
    };
}
