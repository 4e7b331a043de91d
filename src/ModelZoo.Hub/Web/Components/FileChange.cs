using ModelZoo.Git;

namespace ModelZoo.Hub.Web.Components;

/// <summary>What happened to one file between two commits.</summary>
/// <param name="Change">added, removed, changed or renamed.</param>
public sealed record FileChange(string Path, string Change, int Added, int Removed, IReadOnlyList<DiffHunk> Hunks)
{
    public string? OldPath { get; init; }

    /// <summary>Said instead of lines: a binary file, a large file with both sizes, a difference too long to show.</summary>
    public string? Note { get; init; }

    public Href? Link { get; init; }
}
