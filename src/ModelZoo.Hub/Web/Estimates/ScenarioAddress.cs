using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>What one wants to run, as an address says it: all of a form's state, so that back, share and reload work. A field that cannot be read is named and takes its default.</summary>
sealed class ScenarioAddress
{
    /// <summary>A card that many have at home; the choice is remembered by <see cref="ReadersDevice"/>.</summary>
    public const string DefaultDevice = "rtx-4090";

    const int MaxValueLength = 100;

    /// <summary>Fields of the form, in the order in which an address lists them.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "device", "batch", "context", "precision", "cache", "prompt", "output", "phase", "count", "parallel", "link", "preset", "compute", "bandwidth", "share", "measured",
        "calls", "image", "grid", "optimizer", "recompute", "zero", "lora", "sequence", "tokens", "trainbatch",
    ];

    /// <summary>What the form sends for fields nobody touched; they are no part of the state.</summary>
    static readonly Dictionary<string, string> s_untouched = new()
    {
        ["batch"] = "1", ["cache"] = "f16", ["output"] = "256", ["count"] = "1", ["parallel"] = "tensor", ["preset"] = "default", ["grid"] = "eu",
        ["optimizer"] = "adam", ["recompute"] = "none", ["zero"] = "0", ["trainbatch"] = "1", ["sequence"] = "2048",
    };

    readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _errors = new(StringComparer.Ordinal);

    ScenarioAddress()
    {
    }

    public Scenario Scenario { get; private set; } = Scenario.Default;
    public TrainingPlan Training { get; private set; } = new();
    public Grid? Grid { get; private set; }

    /// <summary>Null when the address names one that is not there; the form then says so.</summary>
    public Device? Device { get; private set; }

    /// <summary>The address names a device, so it is the reader's own choice.</summary>
    public bool HasDevice => _values.ContainsKey("device");

    public FormState Form => new() { Values = _values, Errors = _errors };

    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>What was chosen, as the query of an address; empty when nothing was.</summary>
    public string Query => string.Join('&', Names.Where(_values.ContainsKey).Select(name => $"{name}={Uri.EscapeDataString(_values[name])}"));

    /// <summary>The context when nobody asks for one: 2,048 tokens, or as many as the model is made for.</summary>
    public string UsualContext { get; private init; } = "2048";

    public static ScenarioAddress Read(IQueryCollection query, Reference reference, string? readersDevice, Profile? profile = null)
    {
        var address = new ScenarioAddress { UsualContext = ((long)Math.Min(profile?.Shape.MaxContext is > 0 and var longest ? longest : 2048, 2048)).ToString(CultureInfo.InvariantCulture) };
        foreach (var name in Names)
            if (query.TryGetValue(name, out var value) && value.ToString().Trim() is { Length: > 0 and <= MaxValueLength } text && s_untouched.GetValueOrDefault(name) != text && (name != "context" || text != address.UsualContext)) address._values[name] = text;
        address.Read(reference, readersDevice);
        return address;
    }

    void Read(Reference reference, string? readersDevice)
    {
        var id = this["device"] ?? readersDevice ?? DefaultDevice;
        Device = reference.FindDevice(id);
        if (Device is null && HasDevice)
        {
            var near = reference.SuggestDevices(id);
            _errors["device"] = $"There is no device '{id}'.{(near.Count > 0 ? $" Near it: {string.Join(", ", near)}." : "")}";
        }
        Device ??= reference.FindDevice(DefaultDevice) ?? reference.Devices[0];
        Precision? weights = null;
        if (this["precision"] is { } precision && (weights = reference.FindPrecision(precision)) is null) _errors["precision"] = $"There is no precision '{precision}'.";
        if (this["grid"] is { } grid && (Grid = reference.FindGrid(grid)) is null) _errors["grid"] = $"There is no grid '{grid}'.";
        Grid ??= reference.FindGrid("eu") ?? reference.Grids[0];
        var plain = new Scenario();
        var scenario = plain with
        {
            Batch = Number("batch", 1, 1e9) ?? plain.Batch, Context = Number("context", 1, 1e12) ?? double.Parse(UsualContext, CultureInfo.InvariantCulture), Weights = weights, CacheBytes = Cache(),
            Prompt = Number("prompt", 1, 1e12), Output = Number("output", 0, 1e12) ?? plain.Output, Phase = Word<Phase>("phase") is { } phase && phase != Phase.Training ? phase : null,
            Devices = (int)(Number("count", 1, 1_000_000) ?? 1), Parallelism = Word<Parallelism>("parallel") ?? plain.Parallelism, LinkBandwidth = Number("link", 0, 1e9) * 1e9,
            Preset = Word<Preset>("preset") ?? plain.Preset, ComputeEfficiency = Number("compute", 0.001, 1), BandwidthEfficiency = Number("bandwidth", 0.001, 1),
            MemoryShare = Number("share", 0.001, 1), MeasuredSeconds = Number("measured", 1e-9, 1e12) / 1000, CallsPerResult = Number("calls", 1, 1e6), ImageSize = Number("image", 1, 1e6),
        };
        Scenario = scenario.Checked();
        Training = new()
        {
            Batch = Number("trainbatch", 1, 1e9) ?? 1, Sequence = Number("sequence", 1, 1e9) ?? 2048, Optimizer = Word<Optimizer>("optimizer") ?? Optimizer.Adam,
            Recomputation = Word<Recomputation>("recompute") ?? Recomputation.None, ZeroStage = (int)(Number("zero", 0, 3) ?? 0), LoraRank = (int)(Number("lora", 0, 100_000) ?? 0),
            Devices = Scenario.Devices, Tokens = Number("tokens", 1, 1e18), LinkBandwidth = Scenario.LinkBandwidth,
        };
    }

    /// <summary>Bytes of a cached number. Its own choice, never tied to the weights.</summary>
    double Cache()
    {
        var wanted = this["cache"];
        if (wanted is null) return 2;
        foreach (var (value, _, bytes) in CacheFormats)
            if (value == wanted) return bytes;
        _errors["cache"] = $"There is no cache format '{wanted}'.";
        return 2;
    }

    /// <summary>Blocks of 32 numbers carry a 16-bit scale: 34 and 18 bytes for q8_0 and q4_0.</summary>
    public static readonly IReadOnlyList<(string Value, string Label, double Bytes)> CacheFormats = [("f16", "16 bit", 2), ("q8_0", "Q8_0", 34 / 32.0), ("fp8", "FP8", 1), ("q4_0", "Q4_0", 18 / 32.0)];

    T? Word<T>(string name) where T : struct, Enum
    {
        if (this[name] is not { } text) return null;
        foreach (var value in Enum.GetValues<T>())
            if (ProfileJson.Words(value) == text) return value;
        _errors[name] = $"'{Short(text)}' is none of {string.Join(", ", Enum.GetValues<T>().Select(value => ProfileJson.Words(value)))}.";
        return null;
    }

    /// <summary>8192, 8k (times 1,024), 1m, 1e12.</summary>
    double? Number(string name, double least, double most)
    {
        if (this[name] is not { } text) return null;
        var (digits, factor) = char.ToLowerInvariant(text[^1]) switch { 'k' => (text[..^1], 1024.0), 'm' => (text[..^1], 1024.0 * 1024), _ => (text, 1.0) };
        if (double.TryParse(digits.Replace(",", ""), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) && number * factor >= least && number * factor <= most)
            return number * factor;
        _errors[name] = $"'{Short(text)}' is no number from {least:0.###} to {Amount.Plain(most)}.";
        return null;
    }

    static string Short(string text) => text.Length <= 30 ? text : text[..30] + "…";
}
