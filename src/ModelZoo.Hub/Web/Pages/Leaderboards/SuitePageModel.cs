namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>One model over a suite.</summary>
public sealed record SuiteLine(int? Rank, string Model, Href Scores, string? Value, int Missing, string? WinRate, bool IsVerified, string Parameters, IReadOnlyList<string?> Values);

/// <summary>A suite: all models over its tasks, put together.</summary>
public sealed record SuitePageModel(PageFrame Frame, string Dataset, Href Benchmark, string Title, string How)
{
    public IReadOnlyList<BoardLink> Columns { get; init; } = [];

    /// <summary>Tasks beyond those that have a column.</summary>
    public int MoreColumns { get; init; }
    public IReadOnlyList<SuiteLine> Lines { get; init; } = [];
    public int Total { get; init; }
    public Href Json { get; init; }
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
