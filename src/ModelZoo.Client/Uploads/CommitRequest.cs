namespace ModelZoo.Client;

/// <summary>What a commit says and where it goes.</summary>
public sealed record CommitRequest
{
    /// <summary>First line of the message.</summary>
    public required string Summary { get; init; }

    /// <summary>The rest of the message.</summary>
    public string? Description { get; init; }

    /// <summary>The branch that moves.</summary>
    public string Branch { get; init; } = ZooClient.DefaultBranch;

    /// <summary>Refuse (412) unless the branch still points here.</summary>
    public string? ParentCommit { get; init; }

    /// <summary>Propose the change instead of making it.</summary>
    public bool CreatePullRequest { get; init; }

    /// <summary>Text of a <c>.gitignore</c> that the hub should apply to the added files, besides its own.</summary>
    public string? GitIgnore { get; init; }

    /// <summary>Drop files that the repository's own <c>.gitignore</c> excludes; else they are sent all the same.</summary>
    public bool HonourIgnored { get; init; } = true;
}

/// <summary>What a commit did.</summary>
/// <param name="CommitId">The branch's commit now.</param>
/// <param name="IsNew">False when everything was there already and no commit was made.</param>
/// <param name="CommitUrl">Page of the commit.</param>
/// <param name="PullRequestUrl">Page of the proposal, when one was made.</param>
/// <param name="AddedFiles">Files that the commit holds.</param>
/// <param name="UnchangedFiles">Files left out because the repository has the same content.</param>
/// <param name="IgnoredFiles">Files left out because of <c>.gitignore</c>.</param>
/// <param name="UploadedBytes">Bytes of large files that had to move; the hub may have had the others.</param>
/// <param name="KnownBytes">Bytes of large files that did not, because the hub knew their chunks.</param>
public sealed record CommitOutcome(
    string CommitId, bool IsNew, Uri? CommitUrl, Uri? PullRequestUrl, int AddedFiles, int UnchangedFiles, int IgnoredFiles, long UploadedBytes, long KnownBytes = 0)
{
    /// <summary>This outcome and the one after it as one: the last commit, all counts.</summary>
    internal CommitOutcome Then(CommitOutcome next) => next with
    {
        IsNew = IsNew || next.IsNew,
        CommitUrl = next.CommitUrl ?? CommitUrl,
        AddedFiles = AddedFiles + next.AddedFiles,
        UnchangedFiles = UnchangedFiles + next.UnchangedFiles,
        IgnoredFiles = IgnoredFiles + next.IgnoredFiles,
        UploadedBytes = UploadedBytes + next.UploadedBytes,
        KnownBytes = KnownBytes + next.KnownBytes,
    };
}
