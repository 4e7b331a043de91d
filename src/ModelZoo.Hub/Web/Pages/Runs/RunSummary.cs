namespace ModelZoo.Hub.Web.Pages.Runs;

/// <summary>A run in a list: what of what, how far, what came of it.</summary>
public sealed record RunSummary(string Id, RepositoryLinks Model, RepositoryLinks Benchmark, string Task, string State, string Message, string By, DateTimeOffset AskedAt)
{
    public Href Page => Href.Local($"/evaluations/{Id}");

    public bool IsOpen => State is "waiting" or "running";

    public string? TagKind => State switch { "done" => "good", "failed" => "bad", "running" => "warn", _ => null };
}

/// <summary>Runs, newest first.</summary>
public sealed record RunsPageModel(PageFrame Frame)
{
    public IReadOnlyList<RunSummary> Runs { get; init; } = [];
    public string? Of { get; init; }
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
    public bool IsBusy => Runs.Any(run => run.IsOpen);
}

/// <summary>A metric of a task, over all samples.</summary>
public sealed record ScoreLine(string Task, string Metric, string Filter, string Value, string Error, string Interval, string Count, string? Unranked);

/// <summary>A sample's record, shortened.</summary>
public sealed record SampleLine(long Number, string Id, string Asked, string Answered, string Expected, string Score, bool IsWrong, string Json);

/// <summary>One run: how far, what values, which samples went wrong.</summary>
public sealed record RunPageModel(PageFrame Frame, RunSummary Run)
{
    public string Commit { get; init; } = "";
    public string BenchmarkCommit { get; init; } = "";
    public string Settings { get; init; } = "";
    public long Done { get; init; }
    public long? Total { get; init; }
    public long Failed { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public Href? Result { get; init; }
    public string ResultWords { get; init; } = "";
    public IReadOnlyList<ScoreLine> Scores { get; init; } = [];
    public IReadOnlyList<string> Tasks { get; init; } = [];
    public string? Task { get; init; }
    public bool InFileOrder { get; init; }
    public IReadOnlyList<SampleLine>? Samples { get; init; }
    public long SampleCount { get; init; }
    public long WrongCount { get; init; }
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
    public IReadOnlyList<string> Log { get; init; } = [];
    public bool MayCancel { get; init; }
}

/// <summary>What shall be measured.</summary>
public sealed record EvaluatePageModel(PageFrame Frame, ModelZoo.Hub.Web.Components.RepositoryHeading Repository, string Revision, FormState Form)
{
    public string? Benchmark { get; init; }
    public string? Task { get; init; }
    public IReadOnlyList<string> Endpoints { get; init; } = [];
}
