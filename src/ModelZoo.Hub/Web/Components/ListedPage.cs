using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Components;

/// <summary>A page of a list that lies in memory; all of its state is in the address.</summary>
/// <param name="Total">Entries that were found.</param>
/// <param name="All">Entries there are.</param>
public abstract record ListedPage<TLine>(PageFrame Frame, int Total, int All)
{
    public string? Query { get; init; }
    public IReadOnlyList<TLine> Items { get; init; } = [];
    public IReadOnlyList<Facet> Facets { get; init; } = [];
    public IReadOnlyList<ChosenFilter> Chosen { get; init; } = [];
    public IReadOnlyList<SortLink> Sorts { get; init; } = [];
    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}

/// <summary>A line of such a list that a repository may have declared.</summary>
public abstract record DeclaredLine
{
    /// <summary>The repository that declares it; null for the registry's own.</summary>
    public string? Repository { get; init; }

    public Href? RepositoryLink { get; init; }
}
