using ModelZoo.Evaluation.Leaderboards;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>A strict improvement of the best so far.</summary>
/// <param name="Rank">Among the records, the first is 1.</param>
sealed record BoardRecord(int Rank, BoardEntry Entry);

/// <summary>Who led when: the running best by the time of measurement. What is strongly contaminated, disputed or revoked makes no record.</summary>
static class BoardRecords
{
    public static IReadOnlyList<BoardRecord> Of(Board board, Setting setting, VisibleScores visible, bool verifiedOnly)
    {
        // Board.Entries come best first and the sort is stable, so of one moment the better comes first.
        var dated = board.Entries.Where(entry => entry.Obstacle is null && setting.Admits(entry.Score) && visible.Shows(entry.Model) && (!verifiedOnly || entry.IsVerified)
            && !entry.Has(Scores.MarkKind.Strong) && !entry.Has(Scores.MarkKind.Disputed)).OrderBy(entry => entry.Score.MeasuredAt);
        return [.. Frontier.Improvements(dated, entry => entry.Value, board.HigherIsBetter).Select((entry, i) => new BoardRecord(i + 1, entry))];
    }
}
