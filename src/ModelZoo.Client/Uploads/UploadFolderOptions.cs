using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>How a folder is uploaded.</summary>
public sealed record UploadFolderOptions
{
    /// <summary>First line of the commit's message.</summary>
    public string Summary { get; init; } = "Upload folder";

    /// <summary>The rest of the message.</summary>
    public string? Description { get; init; }

    /// <summary>The branch that moves.</summary>
    public string Branch { get; init; } = ZooClient.DefaultBranch;

    /// <summary>Folder in the repository that the files go to; null for the root.</summary>
    public RepoPath? PathInRepo { get; init; }

    /// <summary>Which files, by their path inside the folder.</summary>
    public PathFilter Filter { get; init; } = PathFilter.All;

    /// <summary>Leave out what <c>.gitignore</c> files in the folder exclude.</summary>
    public bool UseGitIgnore { get; init; } = true;

    /// <summary>Files of the repository (by their path below <see cref="PathInRepo"/>) to delete when the folder does not have them; null deletes none.</summary>
    public PathFilter? Delete { get; init; }

    /// <summary>Refuse (412) unless the branch still points here.</summary>
    public string? ParentCommit { get; init; }

    /// <summary>Propose the change instead of making it.</summary>
    public bool CreatePullRequest { get; init; }
}
