using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Commits;

/// <summary>What <paramref name="To"/> has that <paramref name="From"/> has not. Both are revisions as typed.</summary>
public sealed record ComparePageModel(PageFrame Frame, RepositoryHeading Repository, string From, string To)
{
    /// <summary>Branches and tags, offered while typing.</summary>
    public IReadOnlyList<string> Suggestions { get; init; } = [];

    public IReadOnlyList<CommitLine> Commits { get; init; } = [];
    public IReadOnlyList<FileChange> Files { get; init; } = [];
    public int MoreFiles { get; init; }

    /// <summary>Null where no weight file changed.</summary>
    public TensorDiffView? Tensors { get; init; }

    /// <summary>Why there is nothing to compare: a revision that does not exist.</summary>
    public string? Problem { get; init; }
}
