namespace ModelZoo.Git;

/// <summary>A path cannot be put because a file stands where a folder is needed, or a folder where a file is.</summary>
public sealed class PathConflictException(RepoPath path, string message) : Exception(message)
{
    /// <summary>The path that stands in the way.</summary>
    public RepoPath Path { get; } = path;
}
