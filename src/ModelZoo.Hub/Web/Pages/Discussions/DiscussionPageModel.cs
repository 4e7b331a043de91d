using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Discussions;

/// <summary>Something that happened in a thread.</summary>
/// <param name="Kind">comment, title-change, status-change or commit.</param>
public sealed record DiscussionItem(string Id, string Kind, string Author, DateTimeOffset At)
{
    /// <summary>The new title, the new status, or a commit's title.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The title before, or a commit's id.</summary>
    public string Detail { get; init; } = "";

    /// <summary>What a comment says.</summary>
    public SanitisedHtml Text { get; init; }
    public bool IsHidden { get; init; }
    public bool IsEdited { get; init; }
    public bool MayEdit { get; init; }
    public bool MayHide { get; init; }

    public string Anchor => $"event-{Id}";
}

/// <summary>What a pull request proposes, and how that stands.</summary>
/// <param name="Target">The branch that it is for.</param>
public sealed record DiscussionChange(string Reference, string Target)
{
    /// <summary>Null when the reference is gone.</summary>
    public string? HeadId { get; init; }

    /// <summary>The commit that brought it into the branch.</summary>
    public string? MergeId { get; init; }

    public IReadOnlyList<string> Conflicts { get; init; } = [];

    /// <summary>It has commits of its own.</summary>
    public bool HasCommits { get; init; }
}

/// <summary>A thread: what was said and done, and forms for whoever may say and do more.</summary>
public sealed record DiscussionPageModel(PageFrame Frame, RepositoryHeading Repository, DiscussionLine Line)
{
    public IReadOnlyList<DiscussionItem> Items { get; init; } = [];

    /// <summary>Null for a discussion, which proposes nothing.</summary>
    public DiscussionChange? Change { get; init; }
    public bool MayComment { get; init; }

    /// <summary>Its author and whoever writes to the repository rename, close and open it again.</summary>
    public bool MayKeep { get; init; }
    public bool MayMerge { get; init; }
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }

    /// <summary>The comment that was typed and refused.</summary>
    public FormState Comment { get; init; } = FormState.Empty;
    public FormState Title { get; init; } = FormState.Empty;
}
