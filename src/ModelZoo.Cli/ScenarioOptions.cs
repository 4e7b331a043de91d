using System.CommandLine;
using System.Globalization;
using ModelZoo.Profiling;

namespace ModelZoo.Cli;

/// <summary>The options that make up a scenario, shared by `zoo fit` and `zoo roofline`.</summary>
static class ScenarioOptions
{
    public static readonly Option<string> DeviceId = new("--device") { Description = "Id of `zoo devices`", Required = true };
    static readonly Option<double> Batch = new("--batch") { Description = "Sequences, images or calls at a time", DefaultValueFactory = _ => 1 };
    static readonly Option<string> Context = new("--context") { Description = "Tokens in the cache, such as 8192 or 128k", DefaultValueFactory = _ => "2048" };
    static readonly Option<string?> PrecisionId = new("--precision") { Description = "Format of the weights: bf16, fp8, int8, q8_0, q4_k_m, awq, …; default: as stored" };
    static readonly Option<double> CacheBytes = new("--cache-bytes") { Description = "Bytes per cached number", DefaultValueFactory = _ => 2 };
    static readonly Option<string?> Prompt = new("--prompt") { Description = "Tokens of the prompt; default: the context" };
    static readonly Option<double> Output = new("--output") { Description = "Tokens of the answer", DefaultValueFactory = _ => 256 };
    static readonly Option<Phase?> PhaseOption = new("--phase") { Description = "decode, prefill or forward" };
    static readonly Option<int> Count = new("--count") { Description = "Devices", DefaultValueFactory = _ => 1 };
    static readonly Option<Parallelism> Parallel = new("--parallel") { Description = "tensor, pipeline, expert or replicas" };
    static readonly Option<double?> Link = new("--link") { Description = "Bytes per second and direction between devices" };
    static readonly Option<double?> Compute = new("--compute-efficiency") { Description = "Share of the peak rate, 0 to 1" };
    static readonly Option<double?> Bandwidth = new("--bandwidth-efficiency") { Description = "Share of the peak bandwidth, 0 to 1" };
    static readonly Option<double?> MemoryShare = new("--memory-share") { Description = "Share of the memory that may be used" };
    static readonly Option<double?> Measured = new("--measured") { Description = "A latency that you measured, in seconds: calibrates the estimate" };
    static readonly Option<double?> Calls = new("--calls") { Description = "Calls per picture: denoising steps × guidance" };
    static readonly Option<double?> ImageSize = new("--image-size") { Description = "Side of the picture in pixels" };
    static readonly Option<Preset> PresetOption = new("--preset") { Description = "default, ceiling or mlsysim" };

    public static Command AddTo(Command command)
    {
        foreach (var option in (Option[])[DeviceId, Batch, Context, PrecisionId, CacheBytes, Prompt, Output, PhaseOption, Count, Parallel, Link, Compute, Bandwidth, MemoryShare, Measured, Calls, ImageSize, PresetOption, LocalCall.OwnDevices, LocalCall.OwnWorkloads, HubCall.Json])
            command.Options.Add(option);
        return command;
    }

    public static Scenario Read(LocalCall call, Reference reference) => new Scenario
    {
        Batch = call.Get(Batch), Context = Tokens(call.Get(Context)!), Prompt = call.Get(Prompt) is { } prompt ? Tokens(prompt) : null, Output = call.Get(Output),
        Weights = call.Get(PrecisionId) is { } id ? reference.FindPrecision(id) ?? throw new UsageException($"There is no precision '{id}': {string.Join(", ", reference.Precisions.Select(p => p.Id))}.") : null,
        CacheBytes = call.Get(CacheBytes), Phase = call.Get(PhaseOption), Devices = call.Get(Count), Parallelism = call.Get(Parallel), LinkBandwidth = call.Get(Link),
        ComputeEfficiency = call.Get(Compute), BandwidthEfficiency = call.Get(Bandwidth), MemoryShare = call.Get(MemoryShare), MeasuredSeconds = call.Get(Measured),
        CallsPerResult = call.Get(Calls), ImageSize = call.Get(ImageSize), Preset = call.Get(PresetOption),
    }.Checked();

    public static Device Device(LocalCall call, Reference reference)
    {
        var id = call.Get(DeviceId)!;
        if (reference.FindDevice(id) is { } device) return device;
        var near = reference.SuggestDevices(id);
        throw new UsageException($"There is no device '{id}'{(near.Count > 0 ? $"; near it: {string.Join(", ", near)}" : "")}. See `zoo devices`.");
    }

    /// <summary>8192, 8k (8192), 1m.</summary>
    static double Tokens(string text)
    {
        var (digits, factor) = text.Length > 1 && char.ToLowerInvariant(text[^1]) is 'k' or 'm' ? (text[..^1], char.ToLowerInvariant(text[^1]) == 'k' ? 1024.0 : 1024 * 1024) : (text, 1);
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count > 0 ? count * factor
            : throw new UsageException($"'{text}' is no number of tokens: write 8192 or 8k.");
    }
}
