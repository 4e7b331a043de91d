using ModelZoo.Hub.Populations.Deltas;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Jobs;

namespace ModelZoo.Hub.Web.Pages.Admin;

public sealed record AccountLine(string Handle, DateTimeOffset CreatedAt)
{
    public string? FullName { get; init; }
    public bool IsAdministrator { get; init; }
    public bool IsDisabled { get; init; }
    public long RepositoryCount { get; init; }
}

/// <param name="Level">The schema level that its program knows.</param>
public sealed record NodeLine(string Name, string Role, string Version, long Level, DateTimeOffset StartedAt, DateTimeOffset SeenAt)
{
    public bool IsAlive { get; init; }
    public bool IsThis { get; init; }
}

public sealed record ErrorLine(DateTimeOffset At, string RequestId, string Message);

/// <summary>Is the hub well.</summary>
public sealed record AdminPageModel(PageFrame Frame)
{
    public long BlobCount { get; init; }
    public long BlobBytes { get; init; }
    public long ObjectCount { get; init; }
    public long RepositoryCount { get; init; }
    public long? FreeBytes { get; init; }

    /// <summary>What storing states as differences saves; null where nothing is stored so.</summary>
    public StorageSavings? Savings { get; init; }

    /// <summary>"SQLite", "PostgreSQL"; "a folder", "S3".</summary>
    public string Database { get; init; } = "";
    public string BlobStore { get; init; } = "";
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Processes that share the database.</summary>
    public IReadOnlyList<NodeLine> Nodes { get; init; } = [];

    public long JobsWaiting { get; init; }
    public long JobsRunning { get; init; }
    public long JobsFailed { get; init; }
    public IReadOnlyList<JobSummary> FailedJobs { get; init; } = [];
    public IReadOnlyList<ErrorLine> Errors { get; init; } = [];
    public IReadOnlyList<AccountLine> Accounts { get; init; } = [];
    public Href? MoreAccounts { get; init; }
    /// <summary>Maintenance that this hub knows how to do.</summary>
    public IReadOnlyList<Choice> Tasks { get; init; } = [];

    public FormState NewAccount { get; init; } = FormState.Empty;

    /// <summary>A password just set for somebody; shown this once.</summary>
    public string? NewPassword { get; init; }
    public string? NewPasswordFor { get; init; }
}
