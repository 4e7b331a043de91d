using ModelZoo.Hub.Evaluations.Scores;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>Puts boards together from a snapshot: which scores belong to a task, whatever name and metric their files give.</summary>
static class BoardMaker
{
    /// <summary>What stands in for a metric where neither task nor score names one.</summary>
    public const string NoMetric = "value";

    /// <summary>A board as the snapshot has it; kept with it.</summary>
    public static Board Get(ScoreSnapshot snapshot, BoardBenchmark benchmark, BenchmarkTaskRow task, string? metric, string? filter)
    {
        var key = KeyOf(benchmark, task, metric, filter);
        return snapshot.Boards.GetOrAdd(key, _ => Make(snapshot, benchmark, task, key, null, []));
    }

    public static BoardKey KeyOf(BoardBenchmark benchmark, BenchmarkTaskRow task, string? metric, string? filter) =>
        new(benchmark.Repository.Id, task.Id, metric ?? task.Metric ?? NoMetric, filter ?? (metric is null || metric == task.Metric ? task.Filter : "none"));

    /// <summary>The board as it was at a moment: what was measured by then, what was withdrawn since, and the marks that stood.</summary>
    public static Board At(ScoreSnapshot snapshot, BoardBenchmark benchmark, BenchmarkTaskRow task, string? metric, string? filter, long moment, IReadOnlyList<PastScore> past)
    {
        var texts = new SharedTexts();
        var names = snapshot.NamesOf(benchmark.Repository.Id).ToHashSet(StringComparer.Ordinal);
        return Make(snapshot, benchmark, task, KeyOf(benchmark, task, metric, filter), moment,
            [.. past.Where(one => one.BeganAt <= moment && one.EndedAt > moment).Select(one => one.Row with { MeasuredAt = one.BeganAt }).Where(row => names.Contains(row.DatasetKey) && row.TaskId == task.Id).Select(row => BoardScore.Of(row, texts))]);
    }

    static Board Make(ScoreSnapshot snapshot, BoardBenchmark benchmark, BenchmarkTaskRow task, BoardKey key, long? moment, IReadOnlyList<BoardScore> past)
    {
        var candidates = new List<(BoardModel, BoardScore, IReadOnlyList<MarkRow>)>();
        foreach (var score in Candidates(snapshot, benchmark, task).Concat(past))
        {
            if (score.Subgroup is not null || (score.Metric ?? task.Metric ?? NoMetric) != key.Metric || FilterOf(score, task) != key.Filter) continue;
            if (moment is { } then && score.MeasuredAt > then) continue;
            if (!snapshot.Models.TryGetValue(score.RepositoryId, out var model)) continue;
            candidates.Add((model, score, MarksOf(snapshot, score.RepositoryId, moment)));
        }
        return Board.Of(key, benchmark, task, MetricOf(task, key.Metric), candidates);
    }

    /// <summary>A score that names no metric has the filter of the task, too.</summary>
    static string FilterOf(BoardScore score, BenchmarkTaskRow task) => score.Metric is null || score.Evidence is null && score.Filter == "none" && score.Metric == task.Metric ? task.Filter : score.Filter;

    /// <summary>All scores of a task, under all metrics; subgroups too.</summary>
    public static IEnumerable<BoardScore> Candidates(ScoreSnapshot snapshot, BoardBenchmark benchmark, BenchmarkTaskRow task)
    {
        foreach (var name in snapshot.NamesOf(benchmark.Repository.Id))
        {
            foreach (var score in In(snapshot, new(name, task.Id))) yield return score;
            // A card names a configuration and a split; where just one task has those, it means that.
            foreach (var score in In(snapshot, new(name, "")))
                if (IsMeant(benchmark, task, score)) yield return score;
        }
    }

    static bool IsMeant(BoardBenchmark benchmark, BenchmarkTaskRow task, BoardScore score)
    {
        var meant = benchmark.Tasks.Where(one => !one.IsSuite && (score.Config is null || score.Config == one.Config || score.Config == "default" && one.Config is null) && (score.Split is null || score.Split == one.Split)).Take(2).ToList();
        return meant.Count == 1 && meant[0].Id == task.Id;
    }

    static IEnumerable<BoardScore> In(ScoreSnapshot snapshot, Cell cell) => snapshot.Cells.TryGetValue(cell, out var models)
        ? models.SelectMany(id => snapshot.Scores.TryGetValue(id, out var scores) ? scores.Where(score => score.TaskId == cell.TaskId && score.DatasetKey == cell.DatasetKey) : []) : [];

    static IReadOnlyList<MarkRow> MarksOf(ScoreSnapshot snapshot, long repositoryId, long? moment)
    {
        if (!snapshot.Marks.TryGetValue(repositoryId, out var marks)) return [];
        return moment is { } then ? [.. marks.Where(mark => mark.MarkedAt <= then && !(mark.LiftedAt <= then))] : [.. marks.Where(mark => mark.LiftedAt is null)];
    }

    public static MetricFact MetricOf(BenchmarkTaskRow task, string metric)
    {
        if (metric == (task.Metric ?? NoMetric)) return new(metric, task.HigherIsBetter == 1, task.Least, task.Most);
        return task.Facts.Metrics.FirstOrDefault(fact => fact.Name == metric) ?? MetricNames.Of(metric);
    }

    /// <summary>The metrics and filters that scores of a task have, the primary one first.</summary>
    public static IReadOnlyList<(string Metric, string Filter)> MetricsOf(ScoreSnapshot snapshot, BoardBenchmark benchmark, BenchmarkTaskRow task)
    {
        var primary = KeyOf(benchmark, task, null, null);
        return [(primary.Metric, primary.Filter), .. Candidates(snapshot, benchmark, task).Where(score => score.Subgroup is null)
            .Select(score => (Metric: score.Metric ?? task.Metric ?? NoMetric, Filter: FilterOf(score, task))).Distinct()
            .Where(pair => pair != (primary.Metric, primary.Filter)).OrderBy(pair => pair.Metric, StringComparer.Ordinal).ThenBy(pair => pair.Filter, StringComparer.Ordinal).Take(100)];
    }
}
