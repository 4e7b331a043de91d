using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A stage as it was planned and as it stands.</summary>
/// <param name="Bytes">Of all states by the plan; null where it cannot be known.</param>
public sealed record StageLine(string Name, Href Members, long Planned, int Done, int Failed, int Unfinished, int Missing, long States, long? PlannedStates, long? Bytes);

/// <summary>A link with its words.</summary>
public sealed record NamedLink(string Text, Href Link);

/// <summary>What a factor does to the accuracy.</summary>
public sealed record EffectLine(string Stage, string Factor, string Explained, string ByChance, string Levels);

/// <summary>A population: what it is, how far it is, what was found.</summary>
public sealed record PopulationPageModel(PopulationFrame Head)
{
    public string? Description { get; init; }
    public string? Licence { get; init; }
    public string? Origin { get; init; }
    public string Citation { get; init; } = "";
    public IReadOnlyList<PlateFact> Plate { get; init; } = [];
    public IReadOnlyList<FactLine> Figures { get; init; } = [];
    public IReadOnlyList<MissingAnalysis> Missing { get; init; } = [];
    public IReadOnlyList<StageLine> Stages { get; init; } = [];
    public IReadOnlyList<EffectLine> Effects { get; init; } = [];
    public IReadOnlyList<string> Datasets { get; init; } = [];
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The YAML, or its beginning.</summary>
    public string? Blueprint { get; init; }

    public IReadOnlyList<NamedLink> Revisions { get; init; } = [];

    /// <summary>What delta compression saves, in a sentence; null where it is not known.</summary>
    public string? Savings { get; init; }

    /// <summary>This population at this commit, for ever.</summary>
    public string Address { get; init; } = "";

    /// <summary>A member's state likewise.</summary>
    public string? StateAddress { get; init; }

    /// <summary>Members are still to come or have not ended.</summary>
    public bool IsTraining { get; init; }

    /// <summary>Why work was not started.</summary>
    public string? Problem { get; init; }
}
