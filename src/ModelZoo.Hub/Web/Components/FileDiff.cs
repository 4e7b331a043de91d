namespace ModelZoo.Hub.Web.Components;

public enum DiffLineKind { Same, Added, Removed }

/// <param name="Before">Line number in the old text; null for an added line.</param>
/// <param name="After">Line number in the new text; null for a removed line.</param>
public sealed record DiffLine(DiffLineKind Kind, int? Before, int? After, string Text);

/// <param name="Heading">The range line: <c>@@ -1,4 +1,6 @@</c>.</param>
public sealed record DiffHunk(string Heading, IReadOnlyList<DiffLine> Lines);

/// <summary>What happened to one file between two commits.</summary>
/// <param name="Change">added, removed, changed or renamed.</param>
/// <param name="Note">Said instead of lines: a binary file, a large file with both sizes, a diff too long to show.</param>
public sealed record FileDiff(string Path, string Change, int Added, int Removed, IReadOnlyList<DiffHunk> Hunks)
{
    public string? OldPath { get; init; }
    public string? Note { get; init; }
    public Href? Link { get; init; }
}
