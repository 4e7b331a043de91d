using System.CommandLine;
using ModelZoo.Profiling;

namespace ModelZoo.Cli;

/// <summary>The options that make up a scenario, shared by `zoo fit` and `zoo roofline`. What they mean is read by <see cref="ScenarioFields"/>, as the API's fields are.</summary>
static class ScenarioOptions
{
    public static readonly Option<string> DeviceId = new("--device") { Description = "Id of `zoo devices`", Required = true };

    /// <summary>By the field of a scenario that each gives.</summary>
    static readonly Dictionary<string, Option<string?>> s_fields = new(StringComparer.Ordinal)
    {
        ["batch"] = Of("--batch", "Sequences, images or calls at a time [default: 1]"),
        ["context"] = Of("--context", "Tokens in the cache, such as 8192 or 128k [default: 2048]"),
        ["precision"] = Of("--precision", "Format of the weights: bf16, fp8, int8, q8_0, q4_k_m, awq, …; default: as stored"),
        ["cacheBytes"] = Of("--cache-bytes", "Bytes per cached number [default: 2]"),
        ["cachePrecision"] = Of("--cache-precision", "Format of the cache instead: fp8, q8_0, …"),
        ["prompt"] = Of("--prompt", "Tokens of the prompt; default: the context"),
        ["output"] = Of("--output", "Tokens of the answer [default: 256]"),
        ["phase"] = Of("--phase", "decode, prefill or forward"),
        ["devices"] = Of("--count", "Devices [default: 1]"),
        ["parallelism"] = Of("--parallel", "tensor, pipeline, expert or replicas"),
        ["linkBandwidth"] = Of("--link", "Bytes per second and direction between devices"),
        ["computeEfficiency"] = Of("--compute-efficiency", "Share of the peak rate, 0 to 1"),
        ["bandwidthEfficiency"] = Of("--bandwidth-efficiency", "Share of the peak bandwidth, 0 to 1"),
        ["memoryShare"] = Of("--memory-share", "Share of the memory that may be used"),
        ["measuredSeconds"] = Of("--measured", "A latency that you measured, in seconds: calibrates the estimate"),
        ["callsPerResult"] = Of("--calls", "Calls per picture: denoising steps × guidance"),
        ["steps"] = Of("--steps", "Denoising steps of a picture"),
        ["images"] = Of("--images", "Pictures in the prompt"),
        ["hostBandwidth"] = Of("--host-bandwidth", "Bytes per second of the host's memory, for what does not fit"),
        ["imageSize"] = Of("--image-size", "Side of the picture in pixels"),
        ["preset"] = Of("--preset", "default, ceiling or mlsysim"),
    };

    public static Command AddTo(Command command)
    {
        command.Options.Add(DeviceId);
        foreach (var option in s_fields.Values) command.Options.Add(option);
        foreach (var option in (Option[])[LocalCall.OwnDevices, LocalCall.OwnWorkloads, HubCall.Json]) command.Options.Add(option);
        return command;
    }

    public static Scenario Read(LocalCall call, Reference reference)
    {
        try
        {
            return ScenarioFields.Read(field => s_fields.TryGetValue(field, out var option) ? call.Get(option) : null, reference);
        }
        catch (ProfileException mistake)
        {
            throw new UsageException(mistake.Message);
        }
    }

    public static Device Device(LocalCall call, Reference reference)
    {
        var id = call.Get(DeviceId)!;
        if (reference.FindDevice(id) is { } device) return device;
        var near = reference.SuggestDevices(id);
        throw new UsageException($"There is no device '{id}'{(near.Count > 0 ? $"; near it: {string.Join(", ", near)}" : "")}. See `zoo devices`.");
    }

    static Option<string?> Of(string name, string description) => new(name) { Description = description };
}
