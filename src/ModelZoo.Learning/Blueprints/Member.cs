using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Blueprints;

/// <summary>A factor's value for one member; bundles are spread over several, such as <c>optim.lr</c>.</summary>
public sealed record MemberFactor(string Name, object? Value);

/// <summary>A state of a parent: a numbered epoch, or whichever turns out best.</summary>
/// <param name="Epoch">Null for the best.</param>
public sealed record ParentState(Member Member, int? Epoch);

/// <summary>One model of a population, not yet trained: what it is and where it comes from.</summary>
public sealed record Member
{
    /// <summary><c>stage-hex12</c>: a hash of everything that makes the member what it is.</summary>
    public required string Id { get; init; }

    public required string Stage { get; init; }

    /// <summary>Position in the stage, from 0.</summary>
    public required int Index { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>The seed of the head's first values. Siblings can be averaged only where they share it.</summary>
    public required ulong HeadSeed { get; init; }

    public required IReadOnlyList<MemberFactor> Factors { get; init; }

    /// <summary>As the blueprint says it, and as it will be: what has no effect is left out, what follows from data is filled in.</summary>
    public required Settings Requested { get; init; }

    public required Settings Effective { get; init; }

    /// <summary>Why effective and requested settings differ, in sentences.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    public ParentState? Parent { get; init; }

    public required Architecture Architecture { get; init; }

    /// <summary>Null while the number of classes is not known.</summary>
    public HeadShape? Head { get; init; }

    public required BlueprintDataset Dataset { get; init; }

    public DatasetFacts? DatasetFacts { get; init; }

    public int Epochs => Effective.Whole("train.epochs");

    /// <summary>The ancestor that was trained from scratch; the member itself when it was.</summary>
    public Member Root => Parent?.Member.Root ?? this;

    public string RootId => Root.Id;

    public string Label => $"{Stage}({string.Join(", ", Factors.Select(factor => $"{factor.Name}={(factor.Value is string word ? word : CanonicalJson.Write(factor.Value))}"))}{(Parent is null ? "" : $", from {Parent.Member.Id}")})";
}
