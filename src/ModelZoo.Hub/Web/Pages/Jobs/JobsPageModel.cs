namespace ModelZoo.Hub.Web.Pages.Jobs;

public sealed record JobStateLink(string State, long Count, bool Chosen, Href Link);

/// <summary>What the hub is doing.</summary>
public sealed record JobsPageModel(PageFrame Frame)
{
    public IReadOnlyList<JobStateLink> States { get; init; } = [];
    public IReadOnlyList<JobSummary> Jobs { get; init; } = [];
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }

    /// <summary>True while something runs or waits; the page then loads itself again.</summary>
    public bool IsBusy { get; init; }
}
