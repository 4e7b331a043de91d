using System.Globalization;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Discussions;

/// <summary>A thread about a repository: a discussion, or a pull request, which also has a reference with the files that it proposes.</summary>
sealed record Discussion
{
    /// <summary>The folder of the references of pull requests.</summary>
    public const string ReferencePrefix = "refs/pr/";

    public long RepositoryId { get; init; }
    public long Number { get; init; }
    public string Kind { get; init; } = "";
    public string Title { get; init; } = "";
    public long AuthorId { get; init; }
    public string Author { get; init; } = "";
    public string AuthorName { get; init; } = "";
    public string Status { get; init; } = "";
    public string? Target { get; init; }
    public string? BaseId { get; init; }
    public string? MergeId { get; init; }
    public long Events { get; init; }
    public long Comments { get; init; }
    public long TextLength { get; init; }
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }

    public bool IsPullRequest => Kind == DiscussionKind.PullRequest;

    /// <summary>Still talked about and, for pull requests, still worked on.</summary>
    public bool IsOpen => Status is DiscussionStatus.Open or DiscussionStatus.Draft;

    /// <summary>"refs/pr/7": where a pull request's commits are.</summary>
    public string Reference => ReferenceOf(Number);

    public static string ReferenceOf(long number) => ReferencePrefix + number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The number in the name of a pull request's reference.</summary>
    public static bool TryNumber(string reference, out long number)
    {
        number = 0;
        return reference.StartsWith(ReferencePrefix, StringComparison.Ordinal) && reference.Length < 30 && reference[ReferencePrefix.Length..] is { Length: > 0 } text
            && text[0] != '0' && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    public static Refusal NotFound(long number) => Refusal.NotFound($"There is no discussion {number}.");
}

/// <summary>The two kinds of thread, as the database and the clients call them.</summary>
static class DiscussionKind
{
    public const string Discussion = "discussion";
    public const string PullRequest = "pull_request";
}

/// <summary>How a thread stands. Draft and merged are for pull requests alone; merged is for good.</summary>
static class DiscussionStatus
{
    public const string Draft = "draft";
    public const string Open = "open";
    public const string Closed = "closed";
    public const string Merged = "merged";
}

/// <summary>What happened in a thread.</summary>
static class EventKind
{
    public const string Comment = "comment";
    public const string TitleChange = "title-change";
    public const string StatusChange = "status-change";
    public const string Commit = "commit";
}

/// <summary>An event that is about to be written.</summary>
/// <param name="Subject">The new title, the new status, or a commit's title.</param>
/// <param name="Detail">The title before, or a commit's id.</param>
sealed record NewEvent(string Kind, long AuthorId)
{
    public string? Subject { get; init; }

    public string? Detail { get; init; }

    /// <summary>What a comment says.</summary>
    public string? Content { get; init; }

    public static NewEvent Comment(long authorId, string content) => new(EventKind.Comment, authorId) { Content = content };

    public static NewEvent Status(long authorId, string status) => new(EventKind.StatusChange, authorId) { Subject = status };
}
