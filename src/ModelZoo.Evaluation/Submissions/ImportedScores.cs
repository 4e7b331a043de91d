using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>What a submission held.</summary>
/// <param name="Format">As <c>lm-eval results</c>; several where files of several formats came together.</param>
public sealed record ImportedScores(IReadOnlyList<string> Formats, IReadOnlyList<ImportedScore> Scores, IReadOnlyList<ImportedSample> Samples, IReadOnlyList<SubmissionFinding> Findings);

/// <summary>One value, with what its file says about it.</summary>
public sealed record ImportedScore(ScoreRecord Record, string File)
{
    public int? Line { get; init; }

    /// <summary>What the file says, where it is not the record's value: a percentage, or a value that samples do not bear out.</summary>
    public double? Stated { get; init; }

    /// <summary>The format declares its values percentages.</summary>
    public bool IsPercent { get; init; }

    /// <summary>The value was computed again from samples that came along.</summary>
    public bool IsRecomputed { get; init; }

    /// <summary>The samples do not give the value that was stated.</summary>
    public bool IsMismatch { get; init; }

    public ImportStanding Standing { get; init; } = ImportStanding.SelfReported;

    /// <summary>The model as the file names it.</summary>
    public string? ModelName { get; init; }

    /// <summary>As written, a day or a moment.</summary>
    public string? Date { get; init; }
    public string? Notes { get; init; }

    /// <summary>Kept, never trusted.</summary>
    public string? VerifyToken { get; init; }
    public string? SourceUrl { get; init; }
    public string? SourceName { get; init; }

    /// <summary>HELM's change of the input, where there was one.</summary>
    public string? Perturbation { get; init; }

    /// <summary>MLPerf's scenario.</summary>
    public string? Scenario { get; init; }

    public bool IsRanked => Record.Unranked is null;
}

public enum ImportStanding
{
    /// <summary>A number that somebody states.</summary>
    SelfReported,

    /// <summary>From a harness's file with samples that give the stated value when computed again.</summary>
    Imported,
}

/// <summary>One sample of a submission.</summary>
/// <param name="Id">As the file calls it: <c>doc_id</c>, <c>id</c>, <c>qsl_idx</c>.</param>
/// <param name="Outcome">Null where nothing could be judged yet: code that must run first.</param>
/// <param name="Scores">By metric.</param>
public sealed record ImportedSample(string Task, string Id, string Filter, Outcome? Outcome, IReadOnlyDictionary<string, double> Scores, string? Text = null);

/// <param name="Line">From 1; null where the format has no lines.</param>
/// <param name="IsError">An entry was left out because of it.</param>
public sealed record SubmissionFinding(string File, int? Line, string Message, bool IsError = false);
