namespace ModelZoo.Hub.Web.Pages.Jobs;

public sealed record JobLogLine(DateTimeOffset At, string Text);

/// <summary>Did it work, and what did it say.</summary>
public sealed record JobPageModel(PageFrame Frame, JobSummary Job)
{
    public IReadOnlyList<JobLogLine> Log { get; init; } = [];
    public string? Error { get; init; }

    /// <summary>The stage it is in, or what came of it.</summary>
    public string? Message { get; init; }

    /// <summary>What it made, when there is a page of that.</summary>
    public Href? Result { get; init; }

    /// <summary>What it was asked to do, where that can be told.</summary>
    public JobStory? Story { get; init; }

    public DateTimeOffset? NextAttemptAt { get; init; }
    public string? Worker { get; init; }
    public bool MayRetry { get; init; }
}
