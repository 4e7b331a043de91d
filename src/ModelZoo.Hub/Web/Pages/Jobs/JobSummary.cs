namespace ModelZoo.Hub.Web.Pages.Jobs;

/// <summary>One durable piece of work.</summary>
/// <param name="State">waiting, running, done, failed.</param>
public sealed record JobSummary(string Id, string Kind, string State, DateTimeOffset EnqueuedAt)
{
    /// <summary>What it works on, in words: a repository, the whole hub.</summary>
    public string? Subject { get; init; }
    public Href? SubjectLink { get; init; }
    public int Attempts { get; init; }
    public double? Progress { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    public string? TagKind => State switch { "done" => "good", "failed" => "bad", "running" => "warn", _ => null };
    public TimeSpan? Took => StartedAt is { } start && EndedAt is { } end ? end - start : null;
}
