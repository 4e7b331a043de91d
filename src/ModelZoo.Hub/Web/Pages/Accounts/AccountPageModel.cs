using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Accounts;

/// <summary>Who this is and what they keep here.</summary>
public sealed record AccountPageModel(PageFrame Frame, string Handle, DateTimeOffset Since)
{
    public string? FullName { get; init; }
    public bool IsSelf { get; init; }
    public IReadOnlyList<RepositorySummary> Models { get; init; } = [];
    public IReadOnlyList<RepositorySummary> Datasets { get; init; } = [];
    public IReadOnlyList<RepositorySummary> Spaces { get; init; } = [];
    public IReadOnlyList<RepositorySummary> Liked { get; init; } = [];
    public Href? MoreModels { get; init; }
    public Href? MoreDatasets { get; init; }
}
