using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Workloads;

/// <summary>One reference workload in the list.</summary>
public sealed record WorkloadLine(Href Link, string Name, string Family, string Task, string Parameters, string Active, string Work, string Date)
{
    public string? Repository { get; init; }
    public Href? RepositoryLink { get; init; }
}

/// <summary>Published models with their sources; all of the list's state is in the address.</summary>
public sealed record WorkloadsPageModel(PageFrame Frame, int Total, int All)
{
    public string? Query { get; init; }
    public IReadOnlyList<WorkloadLine> Items { get; init; } = [];
    public IReadOnlyList<Facet> Facets { get; init; } = [];
    public IReadOnlyList<ChosenFilter> Chosen { get; init; } = [];
    public IReadOnlyList<SortLink> Sorts { get; init; } = [];
    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
