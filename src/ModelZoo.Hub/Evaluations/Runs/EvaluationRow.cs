using System.Text.Json;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A run that somebody asked for: of which commit, on which commit's data, how far it is and what came of it.</summary>
sealed record EvaluationRow
{
    public long Id { get; init; }
    public long RepositoryId { get; init; }
    public string CommitId { get; init; } = "";
    public long BenchmarkId { get; init; }
    public string BenchmarkCommit { get; init; } = "";
    public long AccountId { get; init; }
    public string Handle { get; init; } = "";

    /// <summary>A task of the benchmark, or a group of them.</summary>
    public string Task { get; init; } = "";
    public string SettingsJson { get; init; } = "{}";
    public string Target { get; init; } = "";

    /// <summary>waiting, running, done, failed or cancelled.</summary>
    public string State { get; init; } = "waiting";
    public string Message { get; init; } = "";
    public long? JobId { get; init; }
    public long SamplesDone { get; init; }
    public long? SamplesTotal { get; init; }
    public long SamplesFailed { get; init; }
    public string? ScoresJson { get; init; }
    public string? FilesJson { get; init; }
    public string? ResultCommit { get; init; }
    public long? PullNumber { get; init; }
    public long CreatedAt { get; init; }
    public long? StartedAt { get; init; }
    public long? FinishedAt { get; init; }

    public bool IsOpen => State is "waiting" or "running";

    public EvaluationSettings Settings => JsonSerializer.Deserialize<EvaluationSettings>(SettingsJson)!;

    public IReadOnlyList<ScoreRecord> Scores => ScoresJson is null ? [] : ScoreRecords.Parse(System.Text.Encoding.UTF8.GetBytes(ScoresJson));

    /// <summary>By task: where its samples lie in the result's commit.</summary>
    public IReadOnlyDictionary<string, string> SampleFiles => FilesJson is null ? new Dictionary<string, string>() : JsonSerializer.Deserialize<Dictionary<string, string>>(FilesJson)!;
}

/// <summary>How a run is to be made, beside what the task says.</summary>
/// <param name="Limit">Only so many samples of each task: such a run is shown, never ranked, and changes no repository.</param>
/// <param name="Endpoint">The name of a configured server that answers in place of the stored weights.</param>
/// <param name="Again">Measure even where the repository has this very score already.</param>
/// <param name="Proposes">The credential that asked may not write to the model: the result is a pull request, whatever its account may do.</param>
sealed record EvaluationSettings(int? Limit, int Seed, int Threads, string? Endpoint, int? NumFewshot, bool Again, bool Proposes)
{
    public const int StandardSeed = 1234;

    public string ToJson() => JsonSerializer.Serialize(this);
}

/// <summary>Something that a worker has written.</summary>
sealed record EvaluationPart
{
    public string File { get; init; } = "";
    public long BeginsAt { get; init; }
    public byte[] Content { get; init; } = [];
}
