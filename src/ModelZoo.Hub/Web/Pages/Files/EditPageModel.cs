using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>A text file in a form. Saving is a commit on <paramref name="Branch"/>.</summary>
/// <param name="Text">The file as it is at <paramref name="ParentId"/>; what was typed is in the form state.</param>
/// <param name="ParentId">The head that the editor saw; a save is refused when the branch has moved. Null on an empty branch.</param>
public sealed record EditPageModel(PageFrame Frame, RepositoryHeading Repository, string Branch, string Path, string Text, string? ParentId, FormState Form)
{
    public bool IsNew { get; init; }
    public SanitisedHtml Preview { get; init; }

    /// <summary>True once a preview was asked for, even an empty one.</summary>
    public bool IsPreviewed { get; init; }

    public IReadOnlyList<Finding> Findings { get; init; } = [];
}
