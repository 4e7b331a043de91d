namespace ModelZoo.Evaluation.Leaderboards;

/// <summary>One value on a board, with what ranking and its views look at. Ids are the caller's.</summary>
public sealed record BoardEntry(string Id, double Value)
{
    /// <summary>Shown name; the last thing that orders equal values.</summary>
    public string Name { get; init; } = Id;
    public double? Stderr { get; init; }
    public int? N { get; init; }
    public BoardStanding Standing { get; init; } = BoardStanding.SelfReported;

    /// <summary>What it was before <see cref="StandingSince"/>; null: nothing else.</summary>
    public BoardStanding? StandingBefore { get; init; }
    public DateTimeOffset? StandingSince { get; init; }

    /// <summary>Of the run or submission, or an earlier publication that the source proves.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>On the chosen cost axis: parameters, FLOPs, latency, bytes.</summary>
    public double? Cost { get; init; }
    public ContaminationLevel Contamination { get; init; }

    /// <summary>Standing at a moment: a mark that came later is not seen earlier.</summary>
    public BoardStanding StandingAt(DateTimeOffset? moment) => moment is { } then && StandingSince > then && StandingBefore is { } before ? before : Standing;
}

/// <summary>From the most to the least trusted.</summary>
public enum BoardStanding { Verified, Reproduced, Imported, SelfReported, Disputed, Revoked }

public enum ContaminationLevel { NoneKnown, Weak, Strong }
