using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>Reads one stage of a blueprint.</summary>
sealed class StageReader(YamlMap stage, IReadOnlyDictionary<string, BlueprintDataset> datasets, IReadOnlyDictionary<string, Settings> architectures)
{
    public BlueprintStage Read()
    {
        stage.AllowOnly("name", "from", "architecture", "dataset", "objective", "head", "train", "factors", "exclude", "seeds", "sample", "repeat");
        if (BlueprintReader.Map(stage, "repeat") is { } repeat && repeat.Entries.Any(entry => entry is not { Name: "best_of", Value: YamlScalar { Text: "none" } }))
            throw repeat.Wrong("only 'best_of: none' is taken; the key is reserved.");
        var factors = FactorReader.Read(stage);
        foreach (var factor in factors) Check(factor);
        CheckOrder(factors);
        var hasRandom = factors.Any(factor => factor is RandomFactor);
        var sample = stage.Find("sample") is { } draws ? (int)BlueprintReader.ReadWhole(draws, 1, BlueprintExpansion.MaxMembers) : 1;
        if (!hasRandom && stage.Find("sample") is { } pointless) throw pointless.Wrong("'sample' draws random factors, and this stage has none.");
        return new()
        {
            Name = BlueprintReader.ReadSlug(stage.Find("name") ?? throw stage.Wrong("'name' is missing.")),
            Place = stage,
            Defaults = ReadDefaults(),
            From = stage.Find("from") is { } from ? ReadFrom(from) : null,
            Factors = factors,
            Exclude = ReadExclude(factors),
            Seeds = ReadSeeds(),
            Sample = sample,
        };
    }

    Settings ReadDefaults()
    {
        var settings = new Settings();
        foreach (var section in (string[])["train", "head", "objective"])
            if (stage.TryFind(section, out var node)) BlueprintReader.ReadSection(section, node, settings);
        if (stage.TryFind("dataset", out var dataset)) settings.Set("dataset", ReadName(dataset, datasets.Keys, "data set"), dataset);
        if (stage.TryFind("architecture", out var architecture)) settings.Set("architecture", ReadName(architecture, architectures.Keys, "architecture"), architecture);
        return settings;
    }

    static string ReadName(YamlNode node, IEnumerable<string> known, string what) => node is YamlScalar { Text: var name } && known.Contains(name)
        ? name
        : throw node.Wrong($"there is no {what} '{node.Shown}'; known: {string.Join(", ", known)}.");

    static ParentChoice ReadFrom(YamlNode node)
    {
        if (node is not YamlMap map) throw node.Wrong("'from' is a mapping with stage and checkpoint.");
        map.AllowOnly("stage", "checkpoint", "where");
        IReadOnlyList<string> stages = map.Find("stage") switch
        {
            YamlScalar one => [one.Text],
            YamlList { Items.Count: > 0 } several => [.. several.Items.Select(item => item is YamlScalar name ? name.Text : throw item.Wrong("a stage's name is expected."))],
            _ => throw map.Wrong("'stage' must name the stage, or stages, to start from."),
        };
        if (stages.Distinct().Count() < stages.Count) throw map.Wrong("a stage is named twice.");
        var checkpoint = map.Find("checkpoint");
        return new(stages, checkpoint is YamlList ? null : checkpoint is null ? "last" : BlueprintReader.ReadChoice(checkpoint, "last", "best", "all"),
            checkpoint is YamlList { Items.Count: > 0 } epochs ? [.. epochs.Items.Select(item => (int)BlueprintReader.ReadWhole(item, 0, 100_000))] : [])
        { Place = map, Where = BlueprintReader.Map(map, "where") };
    }

    SeedRule ReadSeeds()
    {
        if (!stage.TryFind("seeds", out var node)) return new([0], 0);
        if (node is YamlList { Items.Count: > 0 } list)
        {
            var seeds = list.Items.Select(item => (ulong)BlueprintReader.ReadWhole(item, 0, long.MaxValue)).ToList();
            return seeds.Distinct().Count() == seeds.Count ? new(seeds, 0) : throw node.Wrong("a seed is given twice; it would make the same member twice.");
        }
        if (node is not YamlMap map) throw node.Wrong("seeds are a list of whole numbers, or a mapping with count, from and mode.");
        map.AllowOnly("count", "from", "mode");
        var count = (int)BlueprintReader.ReadWhole(map.Find("count") ?? throw map.Wrong("'count' is missing."), 1, BlueprintExpansion.MaxMembers);
        if (map.Find("mode") is { } mode && BlueprintReader.ReadChoice(mode, "fixed", "fresh") == "fresh")
            return map.Find("from") is { } unused ? throw unused.Wrong("fresh seeds are drawn; they do not begin at a number.") : new([], count);
        var first = (ulong)(map.Find("from") is { } from ? BlueprintReader.ReadWhole(from, 0, long.MaxValue - count) : 0);
        return new([.. Enumerable.Range(0, count).Select(i => first + (ulong)i)], 0);
    }

    IReadOnlyList<YamlMap> ReadExclude(IReadOnlyList<Factor> factors)
    {
        if (!stage.TryFind("exclude", out var node)) return [];
        if (node is not YamlList list) throw node.Wrong("'exclude' is a list of mappings of factors to values.");
        return [.. list.Items.Select(item => Conditions.Check(item as YamlMap ?? throw item.Wrong("a mapping of factors to values is expected."), factors))];
    }

    /// <summary>A condition is decided when its factor is enumerated, so what it looks at must have been before.</summary>
    static void CheckOrder(IReadOnlyList<Factor> factors)
    {
        for (var i = 0; i < factors.Count; i++)
        {
            if (factors[i] is not ConditionalFactor conditional) continue;
            foreach (var (_, name, value) in conditional.When.Entries)
                if (factors.Skip(i).Any(later => name == later.Name || name.StartsWith(later.Name + ".", StringComparison.Ordinal)))
                    throw value.Wrong($"the factor '{name}' must be written before '{conditional.Name}', which depends on it.");
        }
    }

    /// <summary>Every value that may be assigned must be one that its setting takes.</summary>
    void Check(Factor factor)
    {
        IEnumerable<YamlNode> values = factor switch
        {
            ListFactor { Values.Count: 0 } => throw factor.Place.Wrong("the list is empty: no member would come of it."),
            ListFactor list => list.Values,
            ZipFactor zip => zip.Values,
            ConditionalFactor conditional => conditional.Else is null ? conditional.Values : conditional.Values.Append(conditional.Else),
            RandomFactor { Kind: RandomKind.Choice } choice => choice.Choices,
            _ => [],
        };
        foreach (var value in values) Assignment.Apply(factor.Name, value, new Settings(), datasets, architectures);
        if (factor is RandomFactor { Kind: not RandomKind.Choice } random) Assignment.PathOf(random.Name, null, random.Place);
    }
}
