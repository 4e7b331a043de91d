using ModelZoo.Hub.Web.Charts;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>The table of members and its pivot.</summary>
public sealed record MembersPageModel(PopulationFrame Head, MemberQuery Query, MemberListView List, PivotView? Pivot)
{
    /// <summary>Why the condition was not applied.</summary>
    public string? WhereProblem { get; init; }

    /// <summary>A condition that can be asked here.</summary>
    public string Example { get; init; } = "epoch >= 3";

    /// <summary>Names that conditions may use here.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
}

public sealed record MemberPageModel(PopulationFrame Head, MemberView Member);

public sealed record CurvesPageModel(PopulationFrame Head, CurvesView? View);

public sealed record MapPageModel(PopulationFrame Head, MapView? View);

/// <summary>Distance and agreement, or another measure of each.</summary>
public sealed record MatricesPageModel(PopulationFrame Head, MatrixView? Distance, MatrixView? Agreement, LinkChoice Distances, LinkChoice Agreements, LinkChoice Families);

public sealed record LineagePageModel(PopulationFrame Head, LineageView? View)
{
    public bool HasSoups { get; init; }

    /// <summary>Models that name the population and were not looked at.</summary>
    public int SoupsLeft { get; init; }

    /// <summary>The split whose accuracy is told.</summary>
    public string? Split { get; init; }
}

public sealed record SoupsPageModel(PopulationFrame Head, SoupsView View, bool HasAveraging)
{
    /// <summary>What was typed into the form that starts the work, and why it was refused.</summary>
    public FormState Form { get; init; } = FormState.Empty;

    /// <summary>What was made of members so far.</summary>
    public IReadOnlyList<SoupLine> Made { get; init; } = [];

    public int SoupsLeft { get; init; }
    public string? Split { get; init; }
}

public sealed record PredictionPageModel(PopulationFrame Head, PredictionView View, bool HasPrediction, bool HasLineage);
