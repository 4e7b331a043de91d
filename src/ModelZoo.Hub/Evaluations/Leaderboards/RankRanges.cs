using ModelZoo.Evaluation.Leaderboards;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>
/// Between which ranks a model lies for certain, by the z test: reading everybody's samples for every page would take longer than anybody waits. Two models
/// are compared on the samples that they share where somebody asks for just that (<see cref="Comparisons"/>).
/// </summary>
static class RankRanges
{
    /// <summary>Null where the score, or all beside it, state neither error nor samples.</summary>
    public static (int Best, int Worst)? Find(BoardView view, int at) => view.Ranges.GetOrAdd(at, static (at, view) => Compute(view, at), view);

    static (int Best, int Worst)? Compute(BoardView view, int at)
    {
        if (ErrorOf(view.Board, view.Ranked[at].Entry) is null) return null;
        return RankRange.At(view.Ranked.Count, at, place => (view.Ranked[place].Entry.Value, ErrorOf(view.Board, view.Ranked[place].Entry))) is var (best, worst) ? (best, worst) : null;
    }

    /// <summary>The standard error as stated, or of a share of so many samples.</summary>
    public static double? ErrorOf(Board board, BoardEntry entry) =>
        entry.Score.Stderr ?? (board.Metric is { Least: 0, Most: 1 } && entry.Score.N is { } n and > 0 && entry.Value is >= 0 and <= 1 ? Math.Sqrt(entry.Value * (1 - entry.Value) / n) : null);
}
