using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories;

/// <summary>A commit somebody wants: message, the head they believe in (null: whatever it is), and what shall change.</summary>
sealed record CommitDraft(string Summary, string Description, ObjectId? Parent, IReadOnlyList<FileOperation> Operations)
{
    /// <summary>Most operations of one commit: keeps a transaction short and a page of changes readable.</summary>
    public const int MaxOperations = 5_000;

    public const int MaxSummaryLength = 1_000;

    public const int MaxDescriptionLength = 64 * 1024;
}

/// <summary>One change to a path.</summary>
abstract record FileOperation(RepoPath Path);

/// <summary>The file has this content, which is stored already as a git blob.</summary>
sealed record PutFile(RepoPath Path, ObjectId Blob) : FileOperation(Path);

/// <summary>The file is large content that was uploaded before.</summary>
/// <param name="SizeBytes">Null where the client does not say; then the stored blob's size counts.</param>
sealed record PutLarge(RepoPath Path, Digest Digest, long? SizeBytes) : FileOperation(Path);

/// <summary>The file or folder goes. Refused when it is not there.</summary>
sealed record DeletePath(RepoPath Path) : FileOperation(Path);

/// <summary>The file goes if it is there: a rename's old name.</summary>
sealed record DeleteIfPresent(RepoPath Path) : FileOperation(Path);

/// <summary>How a commit ended.</summary>
abstract record CommitOutcome
{
    public sealed record Written(Commit Commit, string Reference) : CommitOutcome;

    /// <summary>The branch moved since the caller looked; nothing was written.</summary>
    public sealed record Stale(ObjectId Head) : CommitOutcome;
}
