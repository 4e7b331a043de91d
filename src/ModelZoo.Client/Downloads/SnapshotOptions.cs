namespace ModelZoo.Client;

/// <summary>What of a repository to bring.</summary>
public sealed record SnapshotOptions
{
    /// <summary>Branch, tag or commit.</summary>
    public string Revision { get; init; } = ZooClient.DefaultBranch;

    /// <summary>Which files.</summary>
    public PathFilter Filter { get; init; } = PathFilter.All;

    /// <summary>A further choice that patterns cannot make; null chooses all.</summary>
    public Func<ModelZoo.Git.RepoPath, bool>? Only { get; init; }
}

/// <summary>What a snapshot did.</summary>
/// <param name="Commit">The commit whose files are now there.</param>
/// <param name="Files">Files that belong to the snapshot.</param>
/// <param name="DownloadedFiles">Files that had to move.</param>
/// <param name="DownloadedBytes">Their size.</param>
public sealed record SnapshotOutcome(string Commit, int Files, int DownloadedFiles, long DownloadedBytes);
