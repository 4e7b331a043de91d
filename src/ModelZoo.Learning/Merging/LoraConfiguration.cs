using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelZoo.Learning.Merging;

/// <summary>
/// What adapter_config.json says of an adapter's pairs, with the meaning that PEFT gives its keys (tuners/lora/config.py and layer.py, 0.20). What changes the
/// meaning of the tensors and is not merged here is refused by its key.
/// </summary>
sealed class LoraConfiguration
{
    const int MaxRank = 1 << 16, MaxPatterns = 10_000, MaxPatternLength = 1000;

    static readonly (string Key, string Why)[] s_refused =
    [
        ("layer_replication", "repeats layers of its base"), ("target_parameters", "changes parameters that are no module's matrix"), ("trainable_token_indices", "replaces single rows of a table"),
        ("alora_invocation_tokens", "acts on a part of the text only"), ("use_qalora", "sums its inputs in groups"), ("use_bdlora", "has halves of blocks"), ("arrow_config", "is chosen anew for each token"),
        ("kasa_config", "has a diagonal between its halves"), ("monteclora_config", "draws its halves at random"),
    ];

    /// <summary>Ways to begin that take the first product out of the base: without that, the adapter does something else.</summary>
    static readonly string[] s_movesBase = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    readonly string _name;
    readonly int _rank;
    readonly double _alpha;
    readonly bool _isStabilised;
    readonly IReadOnlyList<(Regex Pattern, double Value)> _ranks, _alphas;
    readonly IReadOnlyList<string> _saved;

    LoraConfiguration(string name, JsonElement config)
    {
        _name = name;
        if (Text("peft_type") is { } kind && kind != "LORA") throw new MergeException($"'{name}' is an adapter of the kind {Shown(kind)}; LORA is merged.");
        foreach (var (key, why) in s_refused)
            if (config.TryGetProperty(key, out var value) && IsSet(value)) throw new MergeException($"'{name}' {why} ({key}), which is not merged here.");
        if (Text("init_lora_weights") is { } first && s_movesBase.FirstOrDefault(way => first.StartsWith(way, StringComparison.OrdinalIgnoreCase)) is { } moved)
            throw new MergeException($"'{name}' began as a part that was taken out of its base (init_lora_weights: {moved}): into the whole base it does not fit. PEFT converts such an adapter while saving it.");
        _rank = config.TryGetProperty("r", out var r) && r.ValueKind == JsonValueKind.Number && r.TryGetInt32(out var rank) && rank is > 0 and <= MaxRank ? rank : throw new MergeException($"The configuration of '{name}' does not say its rank r.");
        _alpha = config.TryGetProperty("lora_alpha", out var a) && a.ValueKind == JsonValueKind.Number && a.TryGetDouble(out var alpha) && double.IsFinite(alpha) ? alpha : throw new MergeException($"The configuration of '{name}' does not say lora_alpha.");
        (_ranks, _alphas) = (Patterns("rank_pattern"), Patterns("alpha_pattern"));
        (_isStabilised, UsesDora, FansIn) = (Flag("use_rslora"), Flag("use_dora"), Flag("fan_in_fan_out"));
        Bias = Text("bias") ?? "none";
        if (Bias is not ("none" or "all" or "lora_only")) throw new MergeException($"'bias' of '{name}' is {Shown(Bias)}; none, all and lora_only are known.");
        _saved = config.TryGetProperty("modules_to_save", out var saved) && saved.ValueKind == JsonValueKind.Array ? [.. saved.EnumerateArray().Take(MaxPatterns).Where(each => each.ValueKind == JsonValueKind.String).Select(each => each.GetString()!)] : [];
        TaskType = Text("task_type");

        string? Text(string key) => config.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        bool Flag(string key) => config.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.True;

        IReadOnlyList<(Regex, double)> Patterns(string key) => !config.TryGetProperty(key, out var map) || map.ValueKind != JsonValueKind.Object ? []
            : [.. map.EnumerateObject().Take(MaxPatterns).Select(entry => (Pattern(key, entry.Name),
                entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetDouble(out var value) && double.IsFinite(value) ? value : throw new MergeException($"'{key}' of '{name}' holds what is no number.")))];
    }

    /// <summary>The rows of W + s·B·A have lengths of their own (Liu et al. 2024, arXiv:2402.09353).</summary>
    public bool UsesDora { get; }

    /// <summary>The base stores its matrices [inputs, outputs], as GPT-2 does.</summary>
    public bool FansIn { get; }

    /// <summary>none, all or lora_only: which biases are stored whole.</summary>
    public string Bias { get; }

    /// <summary>SEQ_CLS, CAUSAL_LM …</summary>
    public string? TaskType { get; }

    public IReadOnlyList<string> SavedModules => _saved;

    /// <exception cref="MergeException">Something is missing, or changes what the tensors mean.</exception>
    public static LoraConfiguration Read(string name, JsonElement config) =>
        config.ValueKind == JsonValueKind.Object ? new(name, config) : throw new MergeException($"{LoraAdapter.ConfigFile} of '{name}' is no object.");

    /// <summary>Rank and factor of a module's pair: α/r, or α/√r (rank-stabilised: Kalajdzievski 2023, arXiv:2312.03732); by the first pattern that fits the end of its path.</summary>
    public (int Rank, double Scale) For(string module)
    {
        var rank = (int)(Find(_ranks, module) ?? _rank);
        if (rank is <= 0 or > MaxRank) throw new MergeException($"'rank_pattern' of '{_name}' gives '{module}' the rank {rank}.");
        var alpha = Find(_alphas, module) ?? _alpha;
        return (rank, _isStabilised ? alpha / Math.Sqrt(rank) : alpha / rank);
    }

    /// <summary>Whether a tensor that is stored whole is one of those that the configuration speaks of.</summary>
    /// <param name="tensor">Its name in the base.</param>
    public bool Saves(string tensor)
    {
        if (Bias != "none" && tensor.EndsWith(".bias", StringComparison.Ordinal)) return true;
        var module = tensor.LastIndexOf('.') is > 0 and var dot ? tensor[..dot] : tensor;
        return LoraNames.IsTable(tensor) || _saved.Any(saved => $".{module}.".Contains($".{saved}.", StringComparison.Ordinal));
    }

    /// <summary>As PEFT matches: the pattern is the whole path, or the end of it after a dot.</summary>
    Regex Pattern(string key, string text)
    {
        if (text.Length > MaxPatternLength) throw new MergeException($"'{key}' of '{_name}' has a pattern of {text.Length} characters; at most {MaxPatternLength} are read.");
        try
        {
            // Patterns are strangers': no backtracking, so that none takes longer than the name is long.
            return new($@"\A(.*\.)?({text})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            throw new MergeException($"'{key}' of '{_name}' has the pattern {Shown(text)}, which is not understood: {wrong.Message}");
        }
    }

    static double? Find(IReadOnlyList<(Regex Pattern, double Value)> patterns, string module)
    {
        foreach (var (pattern, value) in patterns)
            if (pattern.IsMatch(module)) return value;
        return null;
    }

    static bool IsSet(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined or JsonValueKind.False => false,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        _ => true,
    };

    static string Shown(string text) => $"'{(text.Length > 60 ? text[..60] + "…" : text)}'";
}
