using System.Globalization;
using ModelZoo.Evaluation.Leaderboards;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Holds what is stated against what was verified of the same thing.</summary>
static class StandingRules
{
    /// <summary>
    /// Within two standard errors of a verified value, what somebody stated is reproduced; further away than that and than half a per cent of the range,
    /// both are shown and flagged.
    /// </summary>
    public static List<ScoreRow> Compare(List<ScoreRow> rows)
    {
        var verified = rows.Where(row => row.Standing == Standing.Verified.Word() && row.Value is not null).ToLookup(Cell);
        if (verified.Count == 0) return rows;
        return [.. rows.Select(row =>
        {
            if (row.Value is not { } stated || row.Standing is not ("claimed" or "reported") || verified[Cell(row)].FirstOrDefault() is not { Value: { } measured } run) return row;
            // A run here is deterministic, but what it is held against may come from elsewhere.
            if (BoardRules.IsReproduced(stated, measured, run.Stderr, isDeterministic: true) || BoardRules.IsReproduced(stated, measured, run.Stderr, isDeterministic: false))
                return row with { Standing = Standing.Reproduced.Word() };
            var range = measured is >= 0 and <= 1 && stated is >= 0 and <= 1 ? 1.0 : Math.Max(Math.Abs(measured), Math.Abs(stated));
            return BoardRules.IsMismatch(measured, run.Stderr, stated, (0, range))
                ? row with { Remark = $"It differs from what was verified here: {measured.ToString("0.######", CultureInfo.InvariantCulture)}." }
                : row;
        })];
    }

    static (string, string, string?, string, string?) Cell(ScoreRow row) => (row.DatasetKey, row.TaskId, row.Metric, row.Filter, row.Subgroup);
}
