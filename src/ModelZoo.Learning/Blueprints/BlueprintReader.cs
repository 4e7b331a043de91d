using ModelZoo.Learning.Yaml;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Blueprints;

/// <summary>Turns a blueprint's YAML into what it means, before anything is expanded.</summary>
sealed class BlueprintReader(YamlMap root)
{
    /// <summary>Members without a word of budget; enough for the published populations but the largest.</summary>
    const int DefaultMaxMembers = 10_000;

    readonly Dictionary<string, BlueprintDataset> _datasets = new(StringComparer.Ordinal);
    readonly Dictionary<string, Settings> _architectures = new(StringComparer.Ordinal);

    public Blueprint Read()
    {
        root.AllowOnly("population", "title", "licence", "license", "description", "seed", "origin", "datasets", "architectures", "stages", "checkpoints", "evaluate", "split", "budget", "on_nan");
        foreach (var entry in Entries("datasets")) _datasets.Add(entry.Name, BlueprintDataset.Read(entry));
        foreach (var entry in Entries("architectures")) _architectures.Add(entry.Name, ReadSection("architecture", entry.Value));
        if (root.Find("on_nan") is { } nan) ReadChoice(nan, "keep-last");
        return new()
        {
            Population = ReadSlug(root.Find("population") ?? throw root.Wrong("'population' is missing: it names the population.")),
            Title = ReadText("title"),
            Licence = ReadText("licence") ?? ReadText("license"),
            Description = ReadText("description"),
            Seed = root.Find("seed") is { } seed ? (ulong)ReadWhole(seed, 0, long.MaxValue) : 0,
            Datasets = _datasets,
            Architectures = _architectures,
            Stages = ReadStages(),
            Checkpoints = ReadCheckpoints(Map(root, "checkpoints")),
            Evaluate = ReadEvaluate(Map(root, "evaluate")),
            Split = ReadSplit(Map(root, "split")),
            Budget = ReadBudget(Map(root, "budget")),
        };
    }

    List<BlueprintStage> ReadStages()
    {
        if (root.Find("stages") is not YamlList { Items.Count: > 0 } list) throw (root.Find("stages") ?? root).Wrong("'stages' must list at least one stage.");
        var stages = list.Items.Select(item => new StageReader(item as YamlMap ?? throw item.Wrong("a stage is a mapping."), _datasets, _architectures).Read()).ToList();
        foreach (var twice in stages.GroupBy(stage => stage.Name).Where(group => group.Count() > 1)) throw twice.Last().Place.Wrong($"the stage name '{twice.Key}' is given twice.");
        foreach (var stage in stages)
            foreach (var parent in stage.From?.Stages ?? [])
                if (!stages.Exists(other => other.Name == parent)) throw stage.From!.Place.Wrong($"there is no stage '{parent}' to start from.");
        return Order(stages);
    }

    /// <summary>Parents first, otherwise as written.</summary>
    static List<BlueprintStage> Order(List<BlueprintStage> stages)
    {
        var ordered = new List<BlueprintStage>();
        while (ordered.Count < stages.Count)
        {
            var next = stages.Find(stage => !ordered.Contains(stage) && (stage.From?.Stages ?? []).All(parent => ordered.Exists(done => done.Name == parent)));
            if (next is null)
            {
                var stuck = stages.First(stage => !ordered.Contains(stage));
                throw stuck.From!.Place.Wrong($"the stages start from one another in a circle ({string.Join(", ", stages.Except(ordered).Select(stage => stage.Name))}).");
            }
            ordered.Add(next);
        }
        return ordered;
    }

    static CheckpointRule ReadCheckpoints(YamlMap? map)
    {
        map?.AllowOnly("every", "also", "optimizer_state", "dtype");
        var also = (map?.Find("also") as YamlList)?.Items.Select(item => item is YamlScalar { Value: "last" } ? -1 : (int)ReadWhole(item, 0, 100_000)).ToList() ?? [];
        var dtype = map?.Find("dtype") is { } type ? ReadChoice(type, "float32", "float16", "bfloat16", "float64") : "float32";
        return new(
            map?.Find("every") is { } every ? (int)ReadWhole(every, 0, 100_000) : 1, also,
            map?.Find("optimizer_state") is { } state ? ReadChoice(state, "none", "last", "every") : "none",
            dtype switch { "float16" => DType.F16, "bfloat16" => DType.BF16, "float64" => DType.F64, _ => DType.F32 });
    }

    static EvaluationRule ReadEvaluate(YamlMap? map)
    {
        map?.AllowOnly("on", "every", "keep_logits");
        IReadOnlyList<string> on = map?.Find("on") switch
        {
            null => ["val", "test"],
            YamlList list => [.. list.Items.Select(item => ReadChoice(item, "train", "val", "test", "test_noisy"))],
            var other => throw other.Wrong("'on' is a list of splits."),
        };
        return new(on, map?.Find("every") is { } every ? (int)ReadWhole(every, 1, 100_000) : 1, map?.Find("keep_logits") is { } keep ? ReadChoice(keep, "last", "every", "none") : "last");
    }

    static SplitRule ReadSplit(YamlMap? map)
    {
        map?.AllowOnly("by", "ratios");
        var byLineage = map?.Find("by") is { } by && ReadChoice(by, "member", "lineage") == "lineage";
        if (map?.Find("ratios") is not { } node) return new(byLineage, 70, 15);
        var ratios = (node as YamlList)?.Items.Select(item => (int)ReadWhole(item, 0, 100)).ToList();
        return ratios is { Count: 3 } && ratios.Sum() == 100 ? new(byLineage, ratios[0], ratios[1]) : throw node.Wrong("ratios are three whole percentages that sum to 100: train, val, test.");
    }

    static Budget ReadBudget(YamlMap? map)
    {
        map?.AllowOnly("max_members", "max_seconds", "parallel");
        return new(
            map?.Find("max_members") is { } members ? (int)ReadWhole(members, 1, BlueprintExpansion.MaxMembers) : DefaultMaxMembers,
            map?.Find("max_seconds") is { } seconds ? ReadWhole(seconds, 1, long.MaxValue) : null,
            map?.Find("parallel") is { } parallel and not YamlScalar { Value: "auto" } ? (int)ReadWhole(parallel, 1, 4096) : 0);
    }

    /// <summary>A mapping of settings that all belong to one section.</summary>
    internal static Settings ReadSection(string section, YamlNode node, Settings? into = null)
    {
        if (node is not YamlMap map) throw node.Wrong($"{section} must be a mapping of settings.");
        var settings = into ?? new Settings();
        foreach (var (line, name, value) in map.Entries)
        {
            if (!SettingSchema.Rules.TryGetValue($"{section}.{name}", out var rule))
                throw new RecipeException(line, value.Key, $"unknown key '{name}'; {section} knows: {string.Join(", ", SettingSchema.Rules.Keys.Where(path => path.StartsWith(section + ".", StringComparison.Ordinal)).Select(path => path[(section.Length + 1)..]))}.");
            settings.Set(rule.Path, rule.Read(value), value);
        }
        return settings;
    }

    internal static long ReadWhole(YamlNode node, long low, long high) =>
        node is YamlScalar { Value: long whole } && whole >= low && whole <= high ? whole : throw node.Wrong($"a whole number from {low} to {high} is expected.");

    internal static string ReadChoice(YamlNode node, params string[] words) =>
        node is YamlScalar { Text: var word } && words.Contains(word) ? word : throw node.Wrong($"'{node.Shown}' is not known here; it is one of: {string.Join(", ", words)}.");

    internal static string ReadSlug(YamlNode node) =>
        node is YamlScalar { Text: { Length: > 0 and <= 96 } text } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && char.IsAsciiLetterOrDigit(text[0])
            ? text : throw node.Wrong("a name is made of letters, digits, '-', '_' and '.', begins with a letter or digit, and has at most 96 characters.");

    internal static YamlMap? Map(YamlMap parent, string name) => parent.Find(name) is { } node ? node as YamlMap ?? throw node.Wrong($"'{name}' must be a mapping.") : null;

    IEnumerable<YamlEntry> Entries(string name) => Map(root, name)?.Entries ?? [];

    string? ReadText(string name) => root.Find(name) is { } node ? node is YamlScalar { Text.Length: <= 10_000 } text ? text.Text : throw node.Wrong("a text of at most 10,000 characters is expected.") : null;
}
