using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>One row of a board.</summary>
/// <param name="Range">Ranks between which it lies for certain; null where it states no error.</param>
/// <param name="Scores">Where all scores of the model stand, at this one.</param>
public sealed record BoardLine(int Rank, string? Range, string Model, Href Scores, string Value, string FullValue, string? PlusMinus, string Standing, IReadOnlyList<string> Marks)
{
    public bool IsPrivate { get; init; }
    public string? Remark { get; init; }
    public string Parameters { get; init; } = "";
    public string Flop { get; init; } = "";
    public string Seconds { get; init; } = "";
    public DateTimeOffset? At { get; init; }

    /// <summary>Compares it with the leader.</summary>
    public Href? Compare { get; init; }
}

/// <summary>A score that is shown without a rank, with the reason.</summary>
public sealed record UnrankedLine(string Model, Href Scores, string Value, string Standing, IReadOnlyList<string> Marks, string Reason, bool IsRevoked);

/// <summary>A task of a benchmark under one metric: who leads, at what cost, since when, how certain.</summary>
public sealed record BoardPageModel(PageFrame Frame, string Dataset, Href Benchmark, string Title, Href Address)
{
    public string Metric { get; init; } = "";
    public string Filter { get; init; } = "none";
    public bool HigherIsBetter { get; init; } = true;
    public string? Version { get; init; }
    public string? TaskHash { get; init; }
    public string? Setting { get; init; }
    public int Total { get; init; }
    public IReadOnlyList<BoardLine> Lines { get; init; } = [];
    public IReadOnlyList<UnrankedLine> Unranked { get; init; } = [];
    public IReadOnlyList<Facet> Facets { get; init; } = [];
    public IReadOnlyList<ChosenFilter> Chosen { get; init; } = [];
    public IReadOnlyList<SortLink> Picks { get; init; } = [];
    public IReadOnlyList<SortLink> Metrics { get; init; } = [];
    public IReadOnlyList<SortLink> Settings { get; init; } = [];
    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];
    public string? Words { get; init; }
    public string? AsOf { get; init; }
    public CostPlot? Costs { get; init; }
    public IReadOnlyList<SortLink> CostAxes { get; init; } = [];
    public FrontierPlot? Frontier { get; init; }
    public IntervalPlot? Intervals { get; init; }
    public IReadOnlyList<BoardLink> Subgroups { get; init; } = [];
    public Href Json { get; init; }
    public Href Csv { get; init; }
    public string Badge { get; init; } = "";
    public Href? Submit { get; init; }
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}

/// <summary>A link with a word beside it.</summary>
public sealed record BoardLink(string Text, Href Link, string Note);
