using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>A dataset as a benchmark: its boards, and what is wrong with eval.yaml.</summary>
public sealed record BenchmarkPageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public string? Name { get; init; }
    public string Description { get; init; } = "";
    public string? Framework { get; init; }
    public IReadOnlyList<TaskLine> Lines { get; init; } = [];
    public IReadOnlyList<Finding> Problems { get; init; } = [];
    public Href? Submit { get; init; }
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
