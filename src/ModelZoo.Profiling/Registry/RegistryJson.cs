using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Profiling;

/// <summary>Devices and workloads as JSON: the same for the command line and the API.</summary>
public static class RegistryJson
{
    public static JsonObject Of(Device device)
    {
        var rates = new JsonObject();
        foreach (var (format, rate) in device.PeakRates) rates[format.ToName()] = rate;
        return new()
        {
            ["id"] = device.Id, ["name"] = device.Name, ["vendor"] = device.Vendor, ["kind"] = device.Kind, ["releaseYear"] = device.ReleaseYear, ["peakFlopPerSecond"] = rates, ["hasSparsity"] = device.HasSparsity,
            ["memoryBytes"] = device.MemoryBytes, ["usableMemoryBytes"] = device.UsableMemoryBytes, ["bandwidthBytesPerSecond"] = device.Bandwidth, ["memoryType"] = device.MemoryType,
            ["sramBytes"] = device.SramBytes, ["flashBytes"] = device.FlashBytes, ["hostLinkBytesPerSecond"] = device.HostLinkBandwidth, ["scaleUpBytesPerSecond"] = device.ScaleUpBandwidth,
            ["watts"] = device.Watts, ["priceDollars"] = device.PriceDollars, ["embodiedCarbonKilograms"] = device.EmbodiedKilograms, ["dispatchSeconds"] = device.DispatchSeconds, ["accelerators"] = device.Accelerators,
            ["confidence"] = device.Confidence, ["source"] = device.Source, ["note"] = device.Note,
            ["mlsysim"] = device.MlsysimFigures is { } text ? Parsed(text) : null,
        };
    }

    public static JsonObject Of(ReferenceWorkload workload) => new()
    {
        ["id"] = workload.Id, ["name"] = workload.Name, ["family"] = workload.Family, ["task"] = workload.Task, ["architecture"] = workload.Architecture, ["modelType"] = workload.ModelType,
        ["parameters"] = workload.Parameters, ["activeParameters"] = workload.ActiveParameters, ["flop"] = workload.Flop, ["flopUnit"] = workload.FlopUnit, ["trainingFlop"] = workload.TrainingFlop, ["trainingTokens"] = workload.TrainingTokens,
        ["releaseDate"] = workload.ReleaseDate, ["verification"] = workload.Verification, ["source"] = workload.Source, ["note"] = workload.Note, ["mlsysim"] = workload.MlsysimFigures is { } text ? Parsed(text) : null,
        ["hasConfiguration"] = workload.Configuration is not null,
    };

    /// <summary>What a user typed there may be no JSON.</summary>
    static JsonNode? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new() { MaxDepth = ProfileLimits.MaxDepth });
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
