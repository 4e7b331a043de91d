using System.Text.Json;
using ModelZoo.Inference.Files;
using ModelZoo.Inference.Patterns;

namespace ModelZoo.Inference.Lora;

/// <summary>
/// <c>adapter_config.json</c> of a LoRA adapter (Hu 2021, arXiv:2106.09685), with the fields of PEFT's library and their meaning there.
/// </summary>
public sealed class AdapterConfig
{
    public const string FileName = "adapter_config.json";

    const int MaxRank = 4096, MaxNames = 10_000;

    readonly IReadOnlyList<string> _targets, _excluded, _layersPatterns;
    readonly Pattern? _targetPattern, _excludedPattern;
    readonly IReadOnlyList<int>? _layers;
    readonly IReadOnlyList<(Pattern Pattern, double Value)> _ranks, _alphas;

    AdapterConfig(JsonElement json)
    {
        Json = json;
        if (json.FindText("peft_type") is { } type && type != "LORA") throw JsonParts.Bad($"The adapter is of the kind '{type}'; LORA is run.");
        Rank = json.FindInt("r") is { } rank and > 0 and <= MaxRank ? rank : throw JsonParts.Bad($"'r' of the adapter must be 1 to {MaxRank}.");
        Alpha = json.FindReal("lora_alpha") ?? throw JsonParts.Bad("The adapter's configuration lacks 'lora_alpha'.");
        (_targets, _targetPattern) = Names(json, "target_modules");
        if (_targets.Count == 0 && _targetPattern is null) throw JsonParts.Bad("The adapter's configuration lacks 'target_modules'.");
        AllLinear = json.Find("target_modules") is { ValueKind: JsonValueKind.String } word && word.Text() == "all-linear";
        (_excluded, _excludedPattern) = Names(json, "exclude_modules");
        ModulesToSave = [.. json.List("modules_to_save").Take(MaxNames).Select(name => name.Text())];
        Bias = json.FindText("bias") ?? "none";
        if (Bias is not ("none" or "all" or "lora_only")) throw JsonParts.Bad($"'bias' is '{Bias}'; none, all and lora_only are known.");
        _layers = json.Find("layers_to_transform") switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } one => [one.GetInt32()],
            _ => [.. json.List("layers_to_transform").Take(MaxNames).Select(layer => layer.ValueKind == JsonValueKind.Number && layer.TryGetInt32(out var number) ? number : throw JsonParts.Bad("'layers_to_transform' holds what is no number."))],
        };
        _layersPatterns = json.Find("layers_pattern") is { ValueKind: JsonValueKind.String } pattern ? [pattern.Text()] : [.. json.List("layers_pattern").Take(MaxNames).Select(name => name.Text())];
        (_ranks, _alphas) = (Patterns(json, "rank_pattern"), Patterns(json, "alpha_pattern"));
        (UsesRankStabilised, UsesDora, FanInFanOut, HasLoraBias) = (json.Flag("use_rslora"), json.Flag("use_dora"), json.Flag("fan_in_fan_out"), json.Flag("lora_bias"));
        (BaseModel, Revision, TaskType) = (json.FindText("base_model_name_or_path"), json.FindText("revision"), json.FindText("task_type"));
    }

    /// <summary>The whole file; fields that are not known here are kept in it.</summary>
    public JsonElement Json { get; }

    public int Rank { get; }

    public double Alpha { get; }

    public bool AllLinear { get; }

    public IReadOnlyList<string> ModulesToSave { get; }

    /// <summary>none, all or lora_only.</summary>
    public string Bias { get; }

    /// <summary>α/√r instead of α/r (Kalajdzievski 2023, arXiv:2312.03732).</summary>
    public bool UsesRankStabilised { get; }

    /// <summary>Rows keep a length of their own (Liu 2024, arXiv:2402.09353).</summary>
    public bool UsesDora { get; }

    /// <summary>The base stores its matrices [in, out], as GPT-2 does.</summary>
    public bool FanInFanOut { get; }

    public bool HasLoraBias { get; }

    public string? BaseModel { get; }

    public string? Revision { get; }

    public string? TaskType { get; }

    public static AdapterConfig Parse(ReadOnlyMemory<byte> bytes) => new(JsonParts.Parse(bytes, FileName));

    /// <summary>Whether the adapter may change this module; names are dotted paths such as <c>transformer.h.0.attn.c_attn</c>.</summary>
    public bool Targets(string module)
    {
        if (_excludedPattern is not null && IsFull(_excludedPattern, module)) return false;
        if (_excluded.Any(name => IsNamed(module, name))) return false;
        if (AllLinear) return true;
        if (_targetPattern is not null) return IsFull(_targetPattern, module);
        if (_targets.Contains(module)) return true;
        return _targets.Any(name => IsNamed(module, name)) && (_layers is null || (LayerOf(module) is { } layer && _layers.Contains(layer)));
    }

    /// <summary>Rank, and the factor that the product of both matrices is taken by.</summary>
    public (int Rank, double Scale) For(string module)
    {
        var rank = (int)(Find(_ranks, module) ?? Rank);
        if (rank is <= 0 or > MaxRank) throw JsonParts.Bad($"The rank of '{module}' must be 1 to {MaxRank}.");
        var alpha = Find(_alphas, module) ?? Alpha;
        return (rank, UsesRankStabilised ? alpha / Math.Sqrt(rank) : alpha / rank);
    }

    /// <summary>The number behind the name of the list of layers; without such a name, the first number that stands between dots.</summary>
    int? LayerOf(string module)
    {
        var parts = module.Split('.');
        for (var i = 1; i < parts.Length - 1; i++)
            if (int.TryParse(parts[i], out var layer) && (_layersPatterns.Count == 0 ? i >= 2 : _layersPatterns.Contains(parts[i - 1]))) return layer;
        return null;
    }

    static bool IsNamed(string module, string name) => module == name || (module.Length > name.Length && module.EndsWith(name, StringComparison.Ordinal) && module[^(name.Length + 1)] == '.');

    static bool IsFull(Pattern pattern, string module)
    {
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(module, 0, module.Length, matches);
        return matches is [(0, var end)] && end == module.Length;
    }

    static double? Find(IReadOnlyList<(Pattern Pattern, double Value)> patterns, string module)
    {
        foreach (var (pattern, value) in patterns)
            if (IsFull(pattern, module)) return value;
        return null;
    }

    /// <summary>A list of names, or one text that is a regular expression for whole names.</summary>
    static (IReadOnlyList<string>, Pattern?) Names(JsonElement json, string key) => json.Find(key) is { ValueKind: JsonValueKind.String } text
        ? ([], Whole(text.Text() == "all-linear" ? ".*" : text.Text())) : ([.. json.List(key).Take(MaxNames).Select(name => name.Text())], null);

    static List<(Pattern, double)> Patterns(JsonElement json, string key) => json.Find(key) is not { ValueKind: JsonValueKind.Object } map ? []
        : [.. map.EnumerateObject().Take(MaxNames).Select(entry => (Whole($"(?:.*\\.)?(?:{entry.Key()})"),
            entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetDouble(out var value) ? value : throw JsonParts.Bad($"'{key}' holds what is no number.")))];

    /// <summary>Alternatives are tried until the whole name fits, as Python's fullmatch does.</summary>
    static Pattern Whole(string expression) => new($"(?:{expression})(?!.)");
}
