using ModelZoo.Hub.Web.Estimates;

namespace ModelZoo.Hub.Web.Pages.Workloads;

/// <summary>A figure as it was published, beside what the closed form gives.</summary>
public sealed record PublishedLine(string Name, string Published, string Computed, string Difference);

/// <summary>A reference workload: what was published, what follows from it, and how it runs on a device.</summary>
public sealed record WorkloadPageModel(PageFrame Frame, string Id, string Name, ProfileView Profile, EstimateForm Form)
{
    public string Lead { get; init; } = "";
    public IReadOnlyList<PublishedLine> Published { get; init; } = [];
    public string? Source { get; init; }
    public Href? SourceLink { get; init; }
    public string? Verification { get; init; }
    public string? Note { get; init; }
    public Href Compare { get; init; }

    /// <summary>Null where there is nothing to compute with.</summary>
    public EstimateView? Estimate { get; init; }
}
