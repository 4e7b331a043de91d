using System.Globalization;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Holds what is stated against what was verified of the same thing.</summary>
static class StandingRules
{
    /// <summary>A deterministic score agrees within this much.</summary>
    const double Deterministic = 0.001;

    /// <summary>Share of the range that a stated value may be off before both are flagged.</summary>
    const double MismatchShare = 0.005;

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
            var off = Math.Abs(stated - measured);
            var error = 2 * (run.Stderr ?? 0);
            if (off <= Math.Max(error, Deterministic)) return row with { Standing = Standing.Reproduced.Word() };
            var range = measured is >= 0 and <= 1 && stated is >= 0 and <= 1 ? 1.0 : Math.Max(Math.Abs(measured), Math.Abs(stated));
            return off > Math.Max(error, MismatchShare * range)
                ? row with { Remark = $"It differs from what was verified here: {measured.ToString("0.######", CultureInfo.InvariantCulture)}." }
                : row;
        })];
    }

    static (string, string, string?, string, string?) Cell(ScoreRow row) => (row.DatasetKey, row.TaskId, row.Metric, row.Filter, row.Subgroup);
}
