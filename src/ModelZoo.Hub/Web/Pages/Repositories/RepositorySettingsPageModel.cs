using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <param name="Access">read, write or administer.</param>
public sealed record Collaborator(string Handle, string Access);

/// <summary>Who may use a repository, under which name; and the end of it.</summary>
public sealed record RepositorySettingsPageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public IReadOnlyList<string> Branches { get; init; } = [];
    public IReadOnlyList<Collaborator> Collaborators { get; init; } = [];

    /// <summary>Handles to which the viewer may move the repository.</summary>
    public IReadOnlyList<string> Owners { get; init; } = [];

    /// <summary>Large files of all revisions; what is stored of them; and how much of that other repositories use as well.</summary>
    public long LogicalBytes { get; init; }
    public long StoredBytes { get; init; }
    public long SharedBytes { get; init; }

    public bool AllowsForcePush { get; init; }
    public bool AllowsDiscussions { get; init; }

    /// <summary>One state per form; the refused one carries what was typed.</summary>
    public FormState General { get; init; } = FormState.Empty;
    public FormState People { get; init; } = FormState.Empty;
    public FormState Move { get; init; } = FormState.Empty;
    public FormState Squash { get; init; } = FormState.Empty;
    public FormState Delete { get; init; } = FormState.Empty;
}
