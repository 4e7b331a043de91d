using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;

namespace ModelZoo.Hub.Web.Pages.Catalogue;

/// <summary>A value the list is narrowed by; the link takes it off again.</summary>
public sealed record ChosenFilter(string Label, Href Without);

public sealed record SortLink(string Label, bool Chosen, Href Link);

/// <summary>The models, datasets or spaces that fit. All of its state is in the address.</summary>
/// <param name="Kind">model, dataset or space.</param>
/// <param name="Total">How many fit, over all pages.</param>
public sealed record CataloguePageModel(PageFrame Frame, string Kind, long Total)
{
    public string? Query { get; init; }
    public IReadOnlyList<RepositorySummary> Items { get; init; } = [];
    public IReadOnlyList<Facet> Facets { get; init; } = [];
    public IReadOnlyList<ChosenFilter> Chosen { get; init; } = [];
    public IReadOnlyList<SortLink> Sorts { get; init; } = [];

    /// <summary>Fields of the address that the text filter's form must carry along.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];

    /// <summary>Devices that models can be asked to fit; empty for other kinds.</summary>
    public IReadOnlyList<DeviceGroup> Devices { get; init; } = [];

    public string? Fits { get; init; }

    /// <summary>Why the list was not narrowed by the device.</summary>
    public string? FitsProblem { get; init; }

    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }

    public string Plural => Kind switch { "dataset" => "datasets", "space" => "spaces", _ => "models" };
    public string Title => Kind switch { "dataset" => "Datasets", "space" => "Spaces", _ => "Models" };
    public bool IsNarrowed => Chosen.Count > 0 || !string.IsNullOrEmpty(Query);
}
