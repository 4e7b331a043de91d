namespace ModelZoo.Evaluation.Records;

/// <summary>
/// One metric value of one run or submission, with all that says what it is a score of: the evidence file that an <c>.eval_results</c> entry points to.
/// What is unknown is null; a value is comparable with another only when task hash, dataset digest and protocol agree. JSON names are snake case.
/// </summary>
public sealed record ScoreRecord
{
    public ModelIdentity? Model { get; init; }
    public DatasetIdentity? Dataset { get; init; }
    public required TaskIdentity Task { get; init; }
    public required HarnessIdentity Harness { get; init; }
    public required Protocol Protocol { get; init; }
    public required string Metric { get; init; }

    /// <summary>The filter pipeline whose output was scored; <c>none</c> where there is none.</summary>
    public string Filter { get; init; } = "none";

    /// <summary>Null: undefined.</summary>
    public double? Value { get; init; }
    public double? Stderr { get; init; }
    public Interval? Ci95 { get; init; }
    public bool HigherIsBetter { get; init; } = true;

    /// <summary>Samples scored.</summary>
    public int? N { get; init; }
    public RunFacts? Run { get; init; }
    public SamplesPointer? Samples { get; init; }

    /// <summary>Name of a subgroup where this is not the score of all samples.</summary>
    public string? Subgroup { get; init; }

    /// <summary>Why it may not be ranked (a limit, errors, an unbound revision); null: nothing stands against it.</summary>
    public string? Unranked { get; init; }
}

public sealed record Interval(double Low, double High);

/// <param name="Revision">A commit id.</param>
/// <param name="Digest">SHA-256 over the lines <c>{sha256}  {path}\n</c>, sorted by path, of every file that the run read.</param>
public sealed record ModelIdentity(string? Repo, string? Revision, string? Digest);

public sealed record DatasetIdentity(string? Repo, string? Revision, string? Config, string? Split, string? Digest, int? NOriginal, int? NEffective);

/// <param name="Hash">SHA-256 of the resolved task: includes expanded, defaults filled in, keys sorted, UTF-8 JSON without spaces.</param>
public sealed record TaskIdentity(string Id, string? Version, string? Hash);

/// <param name="Engine">As <c>onnxruntime 1.30.0 cpu intra=1</c>.</param>
public sealed record HarnessIdentity(string Name, string? Version, string? Engine);

/// <param name="Scoring">How answers were scored: loglikelihood, first_token, generated, tensor.</param>
public sealed record Protocol(int? NumFewshot, int? FewshotSeed, string? ChatTemplate, string? Scoring, int? Limit);

public sealed record RunFacts(DateTimeOffset? Started, double? Seconds, string? Cpu, int? Seed);

/// <param name="Digest">SHA-256 of the per-sample file.</param>
public sealed record SamplesPointer(string Path, string? Digest);
