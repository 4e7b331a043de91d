using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Commits;

/// <summary>What changed, newest first, a page at a time.</summary>
public sealed record CommitsPageModel(PageFrame Frame, RepositoryHeading Repository, ReferenceChoice References, long Total)
{
    public IReadOnlyList<CommitLine> Commits { get; init; } = [];
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
