using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Discussions;

/// <summary>A thread in a list, and what stands above it on its own page.</summary>
/// <param name="Status">draft, open, closed or merged.</param>
public sealed record DiscussionLine(long Number, string Title, string Status, bool IsPullRequest, string Author, DateTimeOffset At)
{
    /// <summary>How many comments there are, with the one that it began with.</summary>
    public long Comments { get; init; }

    public bool IsOpen => Status is "open" or "draft";

    /// <summary>The mark of the status, never told by colour alone.</summary>
    public string? Kind => Status switch { "open" => "good", "closed" => "bad", "draft" => "warn", _ => null };
}

/// <summary>One way to narrow a list down: a link with its word, chosen or not.</summary>
public sealed record DiscussionChoice(string Label, long? Count, bool Chosen, Href Link);

/// <summary>The threads of a repository; which of them is in the address.</summary>
public sealed record DiscussionsPageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public IReadOnlyList<DiscussionLine> Items { get; init; } = [];

    /// <summary>Open, closed, all.</summary>
    public IReadOnlyList<DiscussionChoice> Statuses { get; init; } = [];

    /// <summary>Everything, discussions, pull requests.</summary>
    public IReadOnlyList<DiscussionChoice> Kinds { get; init; } = [];

    /// <summary>False when whoever administers the repository wants no new ones.</summary>
    public bool TakesNew { get; init; } = true;
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
