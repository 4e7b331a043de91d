using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Commits;

/// <summary>One commit: who, when, why, and what it did to the files.</summary>
public sealed record CommitPageModel(PageFrame Frame, RepositoryHeading Repository, CommitLine Commit)
{
    /// <summary>The message below its title.</summary>
    public string Body { get; init; } = "";

    public IReadOnlyList<string> ParentIds { get; init; } = [];
    public IReadOnlyList<FileChange> Files { get; init; } = [];

    /// <summary>Changed files that are not shown because there are too many.</summary>
    public int MoreFiles { get; init; }

    /// <summary>Null where no weight file changed.</summary>
    public TensorDiffView? Tensors { get; init; }
}
