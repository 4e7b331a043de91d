using ModelZoo.Evaluation.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>A column of a suite: one of its tasks, or a suite in it, with the models' values.</summary>
sealed record SuiteColumn(BenchmarkTaskRow Task, bool HigherIsBetter, IReadOnlyDictionary<long, SuiteCell> Values);

/// <param name="N">Samples behind the value, where that is known.</param>
sealed record SuiteCell(double Value, long? N, Standing? Standing);

/// <summary>One model over a suite.</summary>
/// <param name="Aggregate">Null where a task is missing: nothing is ever made up for it.</param>
/// <param name="WinRate">Share of other models that it beats, ties counted half, over the columns in which it has a value and there is anybody to beat.</param>
sealed record SuiteRow(int? Rank, BoardModel Model, double? Aggregate, int Missing, double? WinRate, bool IsVerified);

/// <summary>What one actor sees of a suite.</summary>
sealed record SuiteView(BoardBenchmark Benchmark, BenchmarkTaskRow Suite, IReadOnlyList<SuiteColumn> Columns, IReadOnlyList<SuiteRow> Rows)
{
    const int MaxDepth = 8;

    public static SuiteView Of(VisibleScores visible, BoardBenchmark benchmark, BenchmarkTaskRow suite, BoardRequest request) => Of(visible, benchmark, suite, request, 1);

    static SuiteView Of(VisibleScores visible, BoardBenchmark benchmark, BenchmarkTaskRow suite, BoardRequest request, int depth)
    {
        var models = new Dictionary<long, BoardModel>();
        var verified = new Dictionary<long, bool>();
        var columns = new List<SuiteColumn>();
        foreach (var member in suite.Facts.Members.Select(benchmark.Find).OfType<BenchmarkTaskRow>())
        {
            var values = new Dictionary<long, SuiteCell>();
            if (member.IsSuite)
            {
                if (depth >= MaxDepth) continue;
                var inner = Of(visible, benchmark, member, request, depth + 1);
                foreach (var row in inner.Rows.Where(row => row.Aggregate is not null))
                {
                    values[row.Model.Repository.Id] = new(row.Aggregate!.Value, null, row.IsVerified ? Standing.Verified : null);
                    models[row.Model.Repository.Id] = row.Model;
                    verified[row.Model.Repository.Id] = row.IsVerified && verified.GetValueOrDefault(row.Model.Repository.Id, true);
                }
            }
            else
                foreach (var ranked in BoardView.Of(BoardMaker.Get(visible.Snapshot, benchmark, member, null, null), request with { Setting = null }, visible).Ranked)
                {
                    var id = ranked.Entry.Model.Repository.Id;
                    values[id] = new(ranked.Entry.Value, ranked.Entry.Score.N, ranked.Entry.Score.Standing);
                    models[id] = ranked.Entry.Model;
                    verified[id] = ranked.Entry.IsVerified && verified.GetValueOrDefault(id, true);
                }
            columns.Add(new(member, member.HigherIsBetter == 1, values));
        }
        var winRates = WinRates(columns, [.. models.Keys]);
        var rows = models.Values.Select(model => new SuiteRow(null, model, Aggregate(columns, model.Repository.Id, suite.Facts.Aggregate), columns.Count(column => !column.Values.ContainsKey(model.Repository.Id)),
            winRates.TryGetValue(model.Repository.Id, out var rate) ? rate : null, verified[model.Repository.Id])).ToList();
        return new(benchmark, suite, columns, Rank(rows, suite.HigherIsBetter == 1));
    }

    static double? Aggregate(List<SuiteColumn> columns, long model, string how)
    {
        var cells = columns.Select(column => (column.Task, Cell: column.Values.GetValueOrDefault(model))).ToList();
        if (how == "weighted") return SuiteScores.WeightedMean([.. cells.Select(pair => (pair.Cell?.Value, pair.Cell?.N))]);
        if (how == "normalised") return SuiteScores.MacroMean([.. cells.Select(pair => pair.Cell is { } cell && pair.Task is { Chance: { } chance, Most: { } most } && most > chance ? SuiteScores.ChanceNormalised(cell.Value, chance, most) : (double?)null)]);
        return SuiteScores.MacroMean([.. cells.Select(pair => pair.Cell?.Value)]);
    }

    /// <summary>HELM's mean win rate: it depends on who else is on the board.</summary>
    static Dictionary<long, double> WinRates(List<SuiteColumn> columns, IReadOnlyList<long> models)
    {
        var rates = SuiteScores.MeanWinRates([.. models.Select(model => (IReadOnlyList<double?>)[.. columns.Select(column => column.Values.GetValueOrDefault(model)?.Value)])], [.. columns.Select(column => (bool?)!column.HigherIsBetter)]);
        var found = new Dictionary<long, double>();
        for (var i = 0; i < models.Count; i++)
            if (rates[i] is { } rate) found[models[i]] = rate;
        return found;
    }

    static List<SuiteRow> Rank(List<SuiteRow> rows, bool higherIsBetter)
    {
        var ranked = new List<SuiteRow>(rows.Count);
        var complete = rows.Where(row => row.Aggregate is not null);
        foreach (var row in (higherIsBetter ? complete.OrderByDescending(row => row.Aggregate) : complete.OrderBy(row => row.Aggregate)).ThenBy(row => row.Model.FullName, StringComparer.Ordinal))
            ranked.Add(row with { Rank = ranked.Count > 0 && ranked[^1].Aggregate == row.Aggregate ? ranked[^1].Rank : ranked.Count + 1 });
        ranked.AddRange(rows.Where(row => row.Aggregate is null).OrderBy(row => row.Missing).ThenBy(row => row.Model.FullName, StringComparer.Ordinal));
        return ranked;
    }
}
