using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>
/// Between which ranks a model lies for certain: below all that are significantly better, above all that are significantly worse, by the z test with
/// Holm's correction over the neighbours compared. Neighbours without an error of their own separate nobody.
/// </summary>
static class RankRanges
{
    /// <summary>Neighbours compared to each side; what stands further away counts as separated when the furthest of them does.</summary>
    public const int Neighbours = 100;

    /// <summary>Null where the score states neither error nor samples.</summary>
    public static (int Best, int Worst)? Find(BoardView view, int at) => view.Ranges.GetOrAdd(at, static (at, view) => Compute(view, at), view);

    static (int Best, int Worst)? Compute(BoardView view, int at)
    {
        var ranked = view.Ranked;
        if (ErrorOf(view.Board, ranked[at].Entry) is not { } error) return null;
        var (from, to) = (Math.Max(0, at - Neighbours), Math.Min(ranked.Count, at + Neighbours + 1));
        var compared = new List<int>(to - from);
        var values = new List<double>(to - from);
        for (var i = from; i < to; i++)
        {
            if (i == at || ErrorOf(view.Board, ranked[i].Entry) is not { } other) continue;
            compared.Add(i);
            values.Add(error + other > 0 ? UnpairedTests.Difference(ranked[at].Entry.Value, error, ranked[i].Entry.Value, other) : ranked[at].Entry.Value == ranked[i].Entry.Value ? 1 : 0);
        }
        var adjusted = Corrections.Holm([.. values]);
        var (better, worse) = (0, 0);
        for (var i = 0; i < compared.Count; i++)
        {
            if (!(adjusted[i] < Comparison.Level)) continue;
            if (compared[i] < at) better++;
            else worse++;
        }
        // The neighbourhood's edge decides for all beyond it.
        if (from > 0 && compared.Count > 0 && compared[0] == from && adjusted[0] < Comparison.Level) better += from;
        if (to < ranked.Count && compared.Count > 0 && compared[^1] == to - 1 && adjusted[^1] < Comparison.Level) worse += ranked.Count - to;
        return (1 + better, ranked.Count - worse);
    }

    /// <summary>The standard error as stated, or of a share of so many samples.</summary>
    public static double? ErrorOf(Board board, BoardEntry entry) =>
        entry.Score.Stderr ?? (board.Metric is { Least: 0, Most: 1 } && entry.Score.N is { } n and > 0 && entry.Value is >= 0 and <= 1 ? Math.Sqrt(entry.Value * (1 - entry.Value) / n) : null);
}
