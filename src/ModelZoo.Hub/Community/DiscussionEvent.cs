namespace ModelZoo.Hub.Community;

/// <summary>Something that happened in a thread.</summary>
sealed record DiscussionEvent
{
    public long Id { get; init; }
    public long Ordinal { get; init; }
    public string Kind { get; init; } = "";
    public long AuthorId { get; init; }
    public string Author { get; init; } = "";
    public string AuthorName { get; init; } = "";
    public long CreatedAt { get; init; }
    public string? Subject { get; init; }
    public string? Detail { get; init; }
    public long? HiddenAt { get; init; }

    /// <summary>Of a comment that is not hidden: what it said first, and after each edit.</summary>
    public IReadOnlyList<CommentVersion> Versions { get; init; } = [];

    /// <summary>What a comment says now; empty when it is hidden.</summary>
    public string Content => Versions.Count > 0 ? Versions[^1].Content : "";
}

/// <summary>What a comment said from one moment on.</summary>
sealed record CommentVersion
{
    public long EventId { get; init; }
    public long Version { get; init; }
    public string Content { get; init; } = "";
    public string Author { get; init; } = "";
    public long WrittenAt { get; init; }
}

/// <summary>Which threads of a repository a list shows.</summary>
sealed record DiscussionFilter
{
    /// <summary>A kind of thread; null for both.</summary>
    public string? Kind { get; init; }

    /// <summary>True: open and drafts; false: closed and merged; null: all.</summary>
    public bool? IsOpen { get; init; }

    /// <summary>A handle; null for everybody.</summary>
    public string? Author { get; init; }
}

/// <summary>Threads of a repository: a page of those that match, and how many there are.</summary>
sealed record DiscussionPage(IReadOnlyList<Repositories.Discussions.Discussion> Items, long Matching, long Open, long Closed);
