namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>A strict improvement of the best so far.</summary>
/// <param name="Rank">Among the records, the first is 1.</param>
sealed record BoardRecord(int Rank, BoardEntry Entry);

/// <summary>Who led when: the running best by the time of measurement. What is strongly contaminated, disputed or revoked makes no record; equal later values neither.</summary>
static class Frontier
{
    public static IReadOnlyList<BoardRecord> Of(Board board, Setting setting, VisibleScores visible, bool verifiedOnly)
    {
        var records = new List<BoardRecord>();
        var best = double.NaN;
        foreach (var entry in board.Entries.Where(entry => entry.Obstacle is null && setting.Admits(entry.Score) && visible.Shows(entry.Model) && (!verifiedOnly || entry.IsVerified)
            && !entry.Has(Scores.MarkKind.Strong) && !entry.Has(Scores.MarkKind.Disputed)).OrderBy(entry => entry.Score.MeasuredAt).ThenBy(entry => entry.Model.Repository.Id))
        {
            if (!double.IsNaN(best) && !(board.HigherIsBetter ? entry.Value > best : entry.Value < best)) continue;
            best = entry.Value;
            records.Add(new(records.Count + 1, entry));
        }
        return records;
    }
}
