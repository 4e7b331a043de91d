using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Commits;

/// <summary>A branch or tag and the commit it points at.</summary>
public sealed record ReferenceLine(string Name, CommitLine Commit, string? Message = null);

/// <summary>Which names point where; made and removed here by those who may write.</summary>
public sealed record ReferencesPageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public IReadOnlyList<ReferenceLine> Branches { get; init; } = [];
    public IReadOnlyList<ReferenceLine> Tags { get; init; } = [];
    public FormState NewBranch { get; init; } = FormState.Empty;
    public FormState NewTag { get; init; } = FormState.Empty;
}
