using System.Globalization;

namespace ModelZoo.Profiling;

/// <summary>Scenarios and training plans from named texts: the one reading behind command-line options, JSON bodies and addresses of pages.</summary>
public static class ScenarioFields
{
    /// <summary>Everything a scenario may say, as the API names it. Case does not matter.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "batch", "context", "prompt", "output", "inputTokens", "phase", "precision", "cacheBytes", "cachePrecision", "activationBytes", "stateBytes", "computeEfficiency",
        "bandwidthEfficiency", "dispatchSeconds", "layerSeconds", "activationShare", "memoryShare", "runtimeBytes", "companionBytes", "devices", "parallelism", "linkBandwidth",
        "linkSeconds", "page", "chunk", "cachedPrefix", "flashAttention", "callsPerResult", "steps", "callsPerStep", "images", "imageSize", "hostBandwidth", "measuredSeconds", "preset",
    ];

    /// <summary>Everything a training plan may say.</summary>
    public static readonly IReadOnlyList<string> TrainingNames =
        ["batch", "sequence", "optimizer", "recomputation", "zeroStage", "devices", "mfu", "flashAttention", "loraRank", "frozenBytes", "linkBandwidth", "tokens"];

    /// <summary>Everything a plan of serving many at a time may say, but for its draft model.</summary>
    public static readonly IReadOnlyList<string> ConcurrencyNames = ["concurrency", "maxTokenSeconds", "meanOutput", "page", "drafts", "acceptance", "poolBandwidth"];

    /// <param name="find">The text of a name; null when it is not given.</param>
    /// <exception cref="ProfileException">A text that cannot be what it should; the message names it.</exception>
    public static Scenario Read(Func<string, string?> find, Reference reference)
    {
        var standard = Scenario.Default;
        var cache = Number("cacheBytes");
        if (Text("cachePrecision") is { } cachePrecision)
            cache = cache is null ? FindPrecision(cachePrecision, reference).Bits / 8 : throw new ProfileException("Give 'cacheBytes' or 'cachePrecision', not both.");
        return new Scenario
        {
            Batch = Number("batch") ?? standard.Batch, Context = Tokens("context") ?? standard.Context, Prompt = Tokens("prompt"), Output = Tokens("output", orNone: true) ?? standard.Output,
            InputTokens = Tokens("inputTokens"), Phase = Choice<Phase>("phase"), Weights = Text("precision") is { } id ? FindPrecision(id, reference) : null,
            CacheBytes = cache ?? standard.CacheBytes, ActivationBytes = Number("activationBytes") ?? standard.ActivationBytes, StateBytes = Number("stateBytes") ?? standard.StateBytes,
            ComputeEfficiency = Number("computeEfficiency"), BandwidthEfficiency = Number("bandwidthEfficiency"), DispatchSeconds = Number("dispatchSeconds"), LayerSeconds = Number("layerSeconds"),
            ActivationShare = Number("activationShare") ?? standard.ActivationShare, MemoryShare = Number("memoryShare"), RuntimeBytes = Number("runtimeBytes"),
            CompanionBytes = Number("companionBytes") ?? 0, Devices = Whole("devices") ?? 1, Parallelism = Choice<Parallelism>("parallelism") ?? Parallelism.Tensor,
            LinkBandwidth = Number("linkBandwidth"), LinkSeconds = Number("linkSeconds") ?? standard.LinkSeconds, Page = Whole("page") ?? standard.Page, Chunk = Whole("chunk") ?? standard.Chunk,
            CachedPrefix = Tokens("cachedPrefix", orNone: true) ?? 0, HasFlashAttention = Flag("flashAttention") ?? true, CallsPerResult = Number("callsPerResult"), ImageSize = Number("imageSize"),
            Steps = Number("steps"), CallsPerStep = Number("callsPerStep"), Images = Number("images") ?? 0, HostBandwidth = Number("hostBandwidth"),
            MeasuredSeconds = Number("measuredSeconds"), Preset = Choice<Preset>("preset") ?? Preset.Default,
        }.Checked();

        string? Text(string name) => find(name) is { Length: > 0 } text ? text : null;
        double? Number(string name) => Text(name) is { } text ? ParseNumber(name, text) : null;
        double? Tokens(string name, bool orNone = false) => Text(name) is { } text ? ParseTokens(name, text, orNone) : null;
        int? Whole(string name) => Text(name) is { } text ? ParseWhole(name, text) : null;
        bool? Flag(string name) => Text(name) is { } text ? ParseFlag(name, text) : null;
        T? Choice<T>(string name) where T : struct, Enum => Text(name) is { } text ? ParseChoice<T>(name, text) : null;
    }

    public static ConcurrencyPlan ReadConcurrency(Func<string, string?> find)
    {
        var standard = new ConcurrencyPlan();
        return new()
        {
            Concurrency = Number("concurrency") ?? standard.Concurrency, TokenSeconds = Number("maxTokenSeconds"), MeanOutput = Number("meanOutput"), Page = Whole("page") ?? standard.Page,
            Drafts = Whole("drafts") ?? standard.Drafts, Acceptance = Number("acceptance") ?? standard.Acceptance, PoolBandwidth = Number("poolBandwidth"),
        };

        double? Number(string name) => find(name) is { Length: > 0 } text ? ParseNumber(name, text) : null;
        int? Whole(string name) => find(name) is { Length: > 0 } text ? ParseWhole(name, text) : null;
    }

    public static TrainingPlan ReadTraining(Func<string, string?> find)
    {
        var standard = new TrainingPlan();
        return new()
        {
            Batch = Number("batch") ?? standard.Batch, Sequence = Text("sequence") is { } sequence ? ParseTokens("sequence", sequence, orNone: false) : standard.Sequence,
            Optimizer = Text("optimizer") is { } optimizer ? ParseChoice<Optimizer>("optimizer", optimizer) : standard.Optimizer,
            Recomputation = Text("recomputation") is { } again ? ParseChoice<Recomputation>("recomputation", again) : standard.Recomputation,
            ZeroStage = Whole("zeroStage") ?? 0, Devices = Whole("devices") ?? 1, Mfu = Number("mfu"), HasFlashAttention = Text("flashAttention") is not { } flash || ParseFlag("flashAttention", flash),
            LoraRank = Whole("loraRank") ?? 0, FrozenBytes = Number("frozenBytes") ?? standard.FrozenBytes, LinkBandwidth = Number("linkBandwidth"), Tokens = Number("tokens"),
        };

        string? Text(string name) => find(name) is { Length: > 0 } text ? text : null;
        double? Number(string name) => Text(name) is { } text ? ParseNumber(name, text) : null;
        int? Whole(string name) => Text(name) is { } text ? ParseWhole(name, text) : null;
    }

    public static Precision FindPrecision(string id, Reference reference) =>
        reference.FindPrecision(id) ?? throw new ProfileException($"There is no precision '{Shorten(id)}': {string.Join(", ", reference.Precisions.Select(p => p.Id))}.");

    public static Grid FindGrid(string id, Reference reference) =>
        reference.FindGrid(id) ?? throw new ProfileException($"There is no grid '{Shorten(id)}': {string.Join(", ", reference.Grids.Select(g => g.Id))}.");

    static double ParseNumber(string name, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw new ProfileException($"'{name}' is '{Shorten(text)}', which is no number.");

    static int ParseWhole(string name, string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new ProfileException($"'{name}' is '{Shorten(text)}', which is no whole number.");

    /// <exception cref="ProfileException">Neither yes nor no.</exception>
    public static bool ParseFlag(string name, string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" => false,
        _ => throw new ProfileException($"'{name}' is '{Shorten(text)}'; write true or false."),
    };

    /// <summary>8192, 8k (8192), 1m.</summary>
    static double ParseTokens(string name, string text, bool orNone)
    {
        var (digits, factor) = text.Length > 1 && char.ToLowerInvariant(text[^1]) is 'k' or 'm' ? (text[..^1], char.ToLowerInvariant(text[^1]) == 'k' ? 1024.0 : 1024 * 1024) : (text, 1);
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var count) && double.IsFinite(count) && (count > 0 || (orNone && count == 0)) ? count * factor
            : throw new ProfileException($"'{name}' is '{Shorten(text)}', which is no number of tokens: write 8192 or 8k.");
    }

    /// <summary>Words as <see cref="ProfileJson.Words{T}"/> writes them, or as the type does; case and hyphens do not matter. Never a number.</summary>
    static T ParseChoice<T>(string name, string text) where T : struct, Enum
    {
        var plain = text.Replace("-", "", StringComparison.Ordinal);
        foreach (var value in Enum.GetValues<T>())
            if (string.Equals(value.ToString(), plain, StringComparison.OrdinalIgnoreCase)) return value;
        throw new ProfileException($"'{name}' is '{Shorten(text)}', which is none of {string.Join(", ", Enum.GetValues<T>().Select(ProfileJson.Words))}.");
    }

    static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
