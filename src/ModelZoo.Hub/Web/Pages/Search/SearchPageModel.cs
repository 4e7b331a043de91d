using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Search;

/// <param name="Excerpt">The words around the hit; <paramref name="Match"/> is marked inside it.</param>
public sealed record TextHit(Href Link, string Title, string Excerpt, string Match);

/// <summary>Where a word is, grouped by what it was found in.</summary>
public sealed record SearchPageModel(PageFrame Frame, string Query)
{
    public IReadOnlyList<RepositorySummary> Models { get; init; } = [];
    public IReadOnlyList<RepositorySummary> Datasets { get; init; } = [];
    public IReadOnlyList<TextHit> Cards { get; init; } = [];
    public IReadOnlyList<TextHit> Files { get; init; } = [];
    public IReadOnlyList<TextHit> Accounts { get; init; } = [];
    public Href? MoreModels { get; init; }
    public Href? MoreDatasets { get; init; }

    public bool IsEmpty => Models.Count + Datasets.Count + Cards.Count + Files.Count + Accounts.Count == 0;
}
