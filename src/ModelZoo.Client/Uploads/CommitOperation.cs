using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>One change in a commit.</summary>
public abstract record CommitOperation
{
    private protected CommitOperation(RepoPath path) => Path = path;

    /// <summary>The path that changes.</summary>
    public RepoPath Path { get; }
}

/// <summary>Adds a file, or replaces it.</summary>
public sealed record AddFile : CommitOperation
{
    /// <summary>Makes the operation.</summary>
    public AddFile(RepoPath path, UploadSource source) : base(path) => Source = source;

    /// <summary>The content.</summary>
    public UploadSource Source { get; }
}

/// <summary>Removes a file.</summary>
public sealed record DeleteFile : CommitOperation
{
    /// <summary>Makes the operation.</summary>
    public DeleteFile(RepoPath path) : base(path) { }
}

/// <summary>Removes a folder and everything below it.</summary>
public sealed record DeleteFolder : CommitOperation
{
    /// <summary>Makes the operation.</summary>
    public DeleteFolder(RepoPath path) : base(path) { }
}
