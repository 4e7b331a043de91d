using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>A population described by its generating factors. Immutable; <see cref="Expand"/> is a pure function of the text.</summary>
public sealed record Blueprint
{
    public required string Population { get; init; }

    public string? Title { get; init; }

    public string? Licence { get; init; }

    public string? Description { get; init; }

    /// <summary>Mixed into the streams that draw factors and fresh seeds.</summary>
    public ulong Seed { get; init; }

    public required IReadOnlyDictionary<string, BlueprintDataset> Datasets { get; init; }

    /// <summary>In topological order: parents before their children.</summary>
    public required IReadOnlyList<BlueprintStage> Stages { get; init; }

    public required CheckpointRule Checkpoints { get; init; }

    public required EvaluationRule Evaluate { get; init; }

    public required SplitRule Split { get; init; }

    public required Budget Budget { get; init; }

    internal IReadOnlyDictionary<string, Settings> Architectures { get; init; } = new Dictionary<string, Settings>();

    /// <exception cref="RecipeException">The text is no blueprint; names line and key.</exception>
    public static Blueprint Parse(string yaml) => new BlueprintReader(YamlReader.Parse(yaml)).Read();

    /// <summary>All members, stage by stage, in the order of the product with the last axis fastest.</summary>
    /// <param name="facts">Tells of data sets that are not built in; null for those it does not know.</param>
    /// <exception cref="RecipeException">The factors contradict each other, or make more members than the budget allows.</exception>
    public IReadOnlyList<Member> Expand(Func<BlueprintDataset, DatasetFacts?>? facts = null) => new BlueprintExpansion(this, facts).Run();
}

/// <summary>Which states of a member are kept. Epoch 0, the state before the first step, always is.</summary>
/// <param name="Also">Epochs kept besides; −1 stands for the last.</param>
/// <param name="OptimizerState">none, last or every.</param>
public sealed record CheckpointRule(int Every, IReadOnlyList<int> Also, string OptimizerState, Weights.DType DType)
{
    public IReadOnlyList<int> EpochsOf(int epochs)
    {
        var kept = new SortedSet<int> { 0, epochs };
        if (Every > 0)
            for (var epoch = Every; epoch <= epochs; epoch += Every) kept.Add(epoch);
        foreach (var epoch in Also)
            if (epoch >= 0 && epoch <= epochs) kept.Add(epoch);
        return [.. kept];
    }
}

/// <param name="KeepLogits">last, every or none.</param>
public sealed record EvaluationRule(IReadOnlyList<string> On, int Every, string KeepLogits);

/// <summary>How members are dealt into train, val and test for learning from weights.</summary>
public sealed record SplitRule(bool ByLineage, int TrainPercent, int ValPercent)
{
    /// <summary>Depends on the identity alone, so it never moves when members are added.</summary>
    public string Of(Member member)
    {
        var bucket = (int)(Randomness.Fnv1a64.Hash(ByLineage ? member.RootId : member.Id) % 100);
        return bucket < TrainPercent ? "train" : bucket < TrainPercent + ValPercent ? "val" : "test";
    }
}

/// <param name="Parallel">Members trained at once; 0 for one per core.</param>
public sealed record Budget(int MaxMembers, long? MaxSeconds, int Parallel);

/// <summary>One training phase: its defaults and what varies.</summary>
public sealed record BlueprintStage
{
    public required string Name { get; init; }

    public ParentChoice? From { get; init; }

    /// <summary>Draws of the random factors.</summary>
    public int Sample { get; init; } = 1;

    public required SeedRule Seeds { get; init; }

    internal YamlMap Place { get; init; } = new(0, "", []);

    internal Settings Defaults { get; init; } = new();

    internal IReadOnlyList<Factor> Factors { get; init; } = [];

    internal IReadOnlyList<YamlMap> Exclude { get; init; } = [];

    public IReadOnlyList<string> FactorNames => [.. Factors.Select(factor => factor.Name)];
}

/// <summary>From which members, and from which of their states, a stage starts.</summary>
/// <param name="Checkpoint">last, best, all, or null when <paramref name="Epochs"/> says which.</param>
public sealed record ParentChoice(IReadOnlyList<string> Stages, string? Checkpoint, IReadOnlyList<int> Epochs)
{
    internal YamlMap? Where { get; init; }

    internal YamlNode Place { get; init; } = new YamlMap(0, "", []);
}

/// <summary>The seeds of a stage.</summary>
/// <param name="Listed">The same in every cell; empty when they are fresh.</param>
/// <param name="Fresh">How many new ones each cell gets; 0 when they are listed.</param>
public sealed record SeedRule(IReadOnlyList<ulong> Listed, int Fresh)
{
    public int Count => Fresh > 0 ? Fresh : Listed.Count;
}
