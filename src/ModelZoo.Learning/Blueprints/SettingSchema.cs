namespace ModelZoo.Learning.Blueprints;

/// <summary>
/// All settings of a stage. Defaults never change: identities leave out what equals its default, so that a later version with more settings gives
/// old members the same identities.
/// </summary>
static class SettingSchema
{
    const string PerMember = "per-member";
    const double Large = 1e9;

    /// <summary>Sections in the order in which a bare key is looked for.</summary>
    public static readonly string[] Sections = ["train", "head", "objective", "architecture"];

    public static readonly IReadOnlyDictionary<string, SettingRule> Rules = All().ToDictionary(rule => rule.Path, StringComparer.Ordinal);

    /// <summary>Short names in common use.</summary>
    static readonly Dictionary<string, string> s_aliases = new(StringComparer.Ordinal)
    {
        ["optim"] = "train.optimizer", ["wd"] = "train.weight_decay", ["head_seed"] = "head.seed", ["nlin"] = "architecture.activation",
    };

    /// <summary>The settings that a key means: none when it is unknown, several when it is ambiguous.</summary>
    /// <param name="factor">The factor whose bundle holds the key; null for a factor's own name.</param>
    public static IReadOnlyList<string> Find(string key, string? factor)
    {
        if (Rules.ContainsKey(key)) return [key];
        // Inside a bundle called head, `kind` is the head's.
        if (factor is not null && Sections.Contains(factor) && Rules.ContainsKey($"{factor}.{key}")) return [$"{factor}.{key}"];
        if (factor is "optim" or "optimizer" && key == "name") return ["train.optimizer"];
        if (s_aliases.TryGetValue(key, out var alias)) return [alias];
        // In train first; other sections only where it does not know the key.
        if (Rules.ContainsKey($"train.{key}")) return [$"train.{key}"];
        return [.. Sections.Select(section => $"{section}.{key}").Where(Rules.ContainsKey)];
    }

    static IEnumerable<SettingRule> All() =>
    [
        new("dataset", SettingKind.Word, null),
        new("architecture", SettingKind.Word, null),
        new("train.epochs", SettingKind.Whole, null, 1, 100_000),
        new("train.batch", SettingKind.Whole, 64L, 1, 1_000_000),
        new("train.optimizer", SettingKind.Word, "adamw", Words: ["adamw", "adam", "sgd"]),
        new("train.lr", SettingKind.Real, 1e-3, 0, 1e38),
        new("train.weight_decay", SettingKind.Real, 0.0, 0, Large),
        new("train.momentum", SettingKind.Real, 0.0, 0, 1),
        new("train.schedule", SettingKind.Word, "constant", Words: ["constant", "cosine", "one-cycle"]),
        new("train.warmup_steps", SettingKind.Whole, 0L, 0, Large),
        new("train.label_smoothing", SettingKind.Real, 0.0, 0, 1),
        new("train.augment", SettingKind.Texts, Array.Empty<object>()),
        new("train.freeze", SettingKind.Word, "none", Words: ["none", "backbone"]),
        new("train.ema", SettingKind.Real, 0.0, 0, 0.999999),
        new("train.dropout", SettingKind.Real, 0.0, 0, 0.99),
        new("train.init", SettingKind.Word, "xavier_uniform", Words: ["xavier_uniform", "kaiming_uniform", "kaiming_normal", "uniform", "normal"]),
        new("head.kind", SettingKind.Word, "linear", Words: ["linear", "mlp"]),
        new("head.hidden", SettingKind.Whole, 64L, 1, 65_536),
        new("head.out", SettingKind.WholeOrWord, "from-dataset", 1, 1_000_000, "from-dataset"),
        new("head.seed", SettingKind.WholeOrWord, PerMember, 0, long.MaxValue, PerMember, "shared"),
        new("head.probe_first", SettingKind.Flag, false),
        new("objective.kind", SettingKind.Word, "supervised", Words: ["supervised", "contrastive"]),
        new("objective.loss", SettingKind.Word, null, Words: ["cross_entropy", "info_nce"]),
        new("objective.temperature", SettingKind.Real, 0.07, 1e-6, Large),
        new("objective.views", SettingKind.Word, "glyph-views", Words: ["glyph-views"]),
        new("architecture.family", SettingKind.Word, null, Words: ["vit", "mlp", "cnn"]),
        new("architecture.image", SettingKind.Whole, null, 1, 4096),
        new("architecture.patch", SettingKind.Whole, 2L, 1, 4096),
        new("architecture.channels", SettingKind.Whole, 1L, 1, 64),
        new("architecture.dim", SettingKind.Whole, 0L, 0, 16_384),
        new("architecture.depth", SettingKind.Whole, 0L, 0, 256),
        new("architecture.heads", SettingKind.Whole, 0L, 0, 256),
        new("architecture.mlp", SettingKind.Whole, 0L, 0, 65_536),
        new("architecture.hidden", SettingKind.Wholes, Array.Empty<object>(), 1, 65_536),
        new("architecture.kernel", SettingKind.Whole, 3L, 1, 31),
        new("architecture.activation", SettingKind.Word, "gelu", Words: ["gelu", "relu", "tanh", "sigmoid"]),
    ];
}
