using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Home;

/// <summary>What is in this zoo.</summary>
public sealed record HomePageModel(PageFrame Frame, long Models, long Datasets, long StoredBytes)
{
    public IReadOnlyList<RepositorySummary> Newest { get; init; } = [];
    public IReadOnlyList<RepositorySummary> MostUsed { get; init; } = [];
    public IReadOnlyList<RepositorySummary> Sets { get; init; } = [];
}
