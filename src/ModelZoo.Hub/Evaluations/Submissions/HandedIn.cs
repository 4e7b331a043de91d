using ModelZoo.Evaluation.Records;

namespace ModelZoo.Hub.Evaluations.Submissions;

/// <summary>A score that goes into the repository.</summary>
/// <param name="IsReported">From a harness's file, or computed here from predictions; otherwise somebody's word.</param>
sealed record AcceptedScore(ScoreRecord Record, bool IsReported)
{
    public string? Notes { get; init; }
    public string? SourceUrl { get; init; }
    public string? SourceName { get; init; }
    public DateTimeOffset? Date { get; init; }
}

/// <summary>What became of a submission.</summary>
/// <param name="CommitId">Null when a pull request holds it.</param>
/// <param name="Left">Attempts that the account has left today, where the benchmark counts them.</param>
sealed record HandedIn(string Format, IReadOnlyList<AcceptedScore> Scores, IReadOnlyList<string> Findings, string? CommitId, long? PullNumber, long? Left);
