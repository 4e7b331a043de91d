using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Discussions;

/// <summary>What a pull request changes.</summary>
public sealed record DiscussionFilesPageModel(PageFrame Frame, RepositoryHeading Repository, DiscussionLine Line, DiscussionChange Change)
{
    public IReadOnlyList<FileChange> Files { get; init; } = [];
    public int MoreFiles { get; init; }
}
