namespace ModelZoo.Git;

/// <summary>A file that two trees do not hold alike: added (no before), removed (no after), or changed in content or mode.</summary>
public sealed record TreeChange(RepoPath Path, TreeEntry? Before, TreeEntry? After);
