using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>One device in the list.</summary>
public sealed record DeviceLine(Href Link, string Name, string Vendor, string Kind, string Memory, string Bandwidth, string Rate, string Power, string Year)
{
    /// <summary>The repository that declares it; null for the registry's own.</summary>
    public string? Repository { get; init; }

    public Href? RepositoryLink { get; init; }
}

/// <summary>The devices that fit; all of the list's state is in the address.</summary>
public sealed record DevicesPageModel(PageFrame Frame, int Total, int All)
{
    public string? Query { get; init; }
    public IReadOnlyList<DeviceLine> Items { get; init; } = [];
    public IReadOnlyList<Facet> Facets { get; init; } = [];
    public IReadOnlyList<ChosenFilter> Chosen { get; init; } = [];
    public IReadOnlyList<SortLink> Sorts { get; init; } = [];
    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
