namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>A task or suite in a list, with who leads.</summary>
public sealed record TaskLine(string Title, Href Link, string Kind, string Metric, int Models, string? Leader, string? Best, string? Standing);

/// <summary>A benchmark with its boards.</summary>
public sealed record BenchmarkLine(string Dataset, string Name, string Description, Href Link, bool IsPrivate, int Tasks, IReadOnlyList<TaskLine> Lines);

/// <summary>All boards that the viewer may see.</summary>
public sealed record LeaderboardsPageModel(PageFrame Frame, IReadOnlyList<BenchmarkLine> Benchmarks, int Total)
{
    public string? Words { get; init; }
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
