using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>What is happening to a file.</summary>
public enum TransferStage
{
    /// <summary>Its digest is being computed.</summary>
    Hashing,

    /// <summary>Its bytes go to the hub.</summary>
    Uploading,

    /// <summary>Its bytes come from the hub.</summary>
    Downloading,

    /// <summary>It is whole and where it belongs.</summary>
    Done,

    /// <summary>Nothing had to move: it was already there.</summary>
    Skipped,
}

/// <summary>News of one file on its way.</summary>
/// <param name="Path">Path in the repository.</param>
/// <param name="Stage">What is happening.</param>
/// <param name="DoneBytes">Bytes of this stage done; may fall when a part is sent again.</param>
/// <param name="TotalBytes">Size of the file.</param>
public readonly record struct TransferProgress(RepoPath Path, TransferStage Stage, long DoneBytes, long TotalBytes)
{
    /// <summary>Bytes of an upload that the hub had already, as other files or as an older version; they count as done.</summary>
    public long KnownBytes { get; init; }
}
