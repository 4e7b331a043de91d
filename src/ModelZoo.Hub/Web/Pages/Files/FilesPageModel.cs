using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>One entry of a folder.</summary>
/// <param name="SizeBytes">Null for folders.</param>
/// <param name="IsLarge">Kept as a blob behind a pointer.</param>
public sealed record FileLine(string Name, string Path, bool IsFolder, long? SizeBytes, bool IsLarge, CommitLine? LastCommit);

/// <summary>What files there are in one folder of one commit.</summary>
/// <param name="Path">Null for the root.</param>
public sealed record FilesPageModel(PageFrame Frame, RepositoryHeading Repository, ReferenceChoice References, string? Path)
{
    public CommitLine? LastCommit { get; init; }
    public IReadOnlyList<FileLine> Entries { get; init; } = [];

    /// <summary>README of this folder, when it is not the card.</summary>
    public SanitisedHtml Readme { get; init; }

    public Href? NextPage { get; init; }

    /// <summary>True when the shown revision is a branch, so that files can be added to it.</summary>
    public bool IsBranch { get; init; }
}
