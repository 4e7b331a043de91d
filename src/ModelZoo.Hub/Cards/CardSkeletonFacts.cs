namespace ModelZoo.Hub.Cards;

/// <summary>What the hub knows when somebody presses "New card". What is empty or null is left out of the text.</summary>
sealed record CardSkeletonFacts(string RepositoryId)
{
    public IReadOnlyList<string> Files { get; init; } = [];
    public string? License { get; init; }
    public string? LicenseFile { get; init; }
    public string? PipelineTag { get; init; }
    public string? LibraryName { get; init; }
    public IReadOnlyList<string> Languages { get; init; } = [];
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyList<string> BaseModels { get; init; } = [];
    public string? BaseModelRelation { get; init; }
    public IReadOnlyList<string> Datasets { get; init; } = [];
    public string? Architecture { get; init; }
    public long? ParameterCount { get; init; }

    /// <summary>Git address and commit of the training code, "https://…@commit", from signed provenance.</summary>
    public string? TrainingCode { get; init; }
    public double? EnergyKilowattHours { get; init; }
    public double? EmissionsGrams { get; init; }
}
