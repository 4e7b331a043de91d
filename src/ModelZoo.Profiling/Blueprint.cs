namespace ModelZoo.Profiling;

/// <summary>What a configuration alone says about a model: its family, every weight it must have, and what its work costs.</summary>
public sealed record Blueprint
{
    public required ModelFamily Family { get; init; }

    public required string ModelType { get; init; }

    public required WeightLedger Weights { get; init; }

    public required WorkModel Work { get; init; }

    public ModelShape Shape { get; init; } = new();

    /// <summary>Weights of extra prediction layers that are stored but not part of the main model.</summary>
    public long DraftParameters { get; init; }

    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Parts of a composite model: its name and blueprint.</summary>
    public IReadOnlyList<(string Name, Blueprint Part)> Parts { get; init; } = [];
}
