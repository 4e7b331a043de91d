using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Evaluations;

/// <summary>What is held against a score.</summary>
public sealed record MarkLine(string Id, string Kind, string Reason, string By, DateTimeOffset At, bool MayLift);

/// <summary>One score of a model.</summary>
public sealed record ScoreLine(string Key, string Metric, string Value, string? PlusMinus, string Standing, string Meaning, IReadOnlyList<MarkLine> Marks)
{
    public string? Note { get; init; }
    public string? N { get; init; }
    public string? Setting { get; init; }
    public DateTimeOffset? At { get; init; }

    /// <summary>The commit that was measured, where it is said.</summary>
    public Href? Commit { get; init; }
    public string? CommitText { get; init; }
    public Href? File { get; init; }
    public Href? Evidence { get; init; }
    public Href? Samples { get; init; }
    public Href? Source { get; init; }
    public string? SourceName { get; init; }
    public int Subgroups { get; init; }
    public string? Worst { get; init; }
    public bool IsRevoked { get; init; }

    /// <summary>Where a mark is put: the benchmark's name and the task; null where the benchmark is not here.</summary>
    public string? Benchmark { get; init; }
    public string Task { get; init; } = "";
}

/// <summary>The scores of one task.</summary>
public sealed record TaskScores(string Title, Href? Board, string Dataset, IReadOnlyList<ScoreLine> Lines);

/// <summary>A subgroup of a score.</summary>
public sealed record SubgroupLine(string Name, string Value, string? Interval, string N, bool IsWorst);

/// <summary>The subgroups of one score, and the gap between the best and the worst of those with at least 30 samples.</summary>
public sealed record SubgroupTable(string Title, string Metric, string? Gap, IReadOnlyList<SubgroupLine> Lines);

/// <summary>Is it good: every score that the model's files state, by whose word.</summary>
public sealed record EvaluationsPageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public IReadOnlyList<TaskScores> Tasks { get; init; } = [];
    public int Total { get; init; }
    public int Hidden { get; init; }
    public IReadOnlyList<SubgroupTable> Subgroups { get; init; } = [];
    public IReadOnlyList<Finding> Problems { get; init; } = [];
    public bool MayMark { get; init; }

    /// <summary>Kinds of marks that the viewer may put by the benchmark.</summary>
    public IReadOnlyDictionary<string, bool> Keeps { get; init; } = new Dictionary<string, bool>();
    public FormState Form { get; init; } = FormState.Empty;
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
