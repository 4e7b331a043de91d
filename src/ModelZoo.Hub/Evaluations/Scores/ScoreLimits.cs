namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>How much of what strangers push is read. What lies beyond is left out, and the page says so.</summary>
static class ScoreLimits
{
    public const int MaxFileBytes = 4 << 20;

    public const int MaxEvidenceBytes = 32 << 20;

    public const int MaxFiles = 500;

    /// <summary>Scores of one model, subgroups counted.</summary>
    public const int MaxScores = 20_000;

    public const int MaxProblems = 100;

    public const int MaxName = 200;

    public const int MaxNotes = 2_000;

    public const int MaxTasks = 2_000;
}
