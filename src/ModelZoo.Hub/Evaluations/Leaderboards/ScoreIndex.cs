using System.Collections.Concurrent;
using System.Collections.Immutable;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>The scores as one actor may see them.</summary>
sealed record VisibleScores(ScoreSnapshot Snapshot, ReadScope Scope)
{
    public bool Shows(BoardModel model) => Scope.Includes(model.Repository);

    public bool Shows(BoardBenchmark benchmark) => Scope.Includes(benchmark.Repository);

    /// <summary>Null where it is missing or hidden: the two are the same.</summary>
    public BoardBenchmark? Find(string name) => Snapshot.FindBenchmark(name) is { } found && Shows(found) ? found : null;
}

/// <summary>
/// All scores in memory: a cache on each node, made from the database and thrown away with the process. It is exact: every question first reads the
/// number of the last change, and where that moved, the repositories that changed since.
/// </summary>
sealed class ScoreIndex(BoardQuery query) : IDisposable
{
    const int RowsAtOnce = 5_000;

    readonly SemaphoreSlim _refreshing = new(1, 1);
    volatile ScoreSnapshot _snapshot = ScoreSnapshot.Empty;

    public async Task<VisibleScores> LookAsync(Actor actor, CancellationToken stop)
    {
        var moment = await query.ReadMomentAsync(actor.Account?.Id, stop);
        var snapshot = _snapshot;
        if (snapshot.Change < moment.Change) snapshot = await RefreshAsync(moment.Change, stop);
        return new(snapshot, new ReadScope(actor, moment.Collaborations));
    }

    public void Dispose() => _refreshing.Dispose();

    async Task<ScoreSnapshot> RefreshAsync(long change, CancellationToken stop)
    {
        await _refreshing.WaitAsync(stop);
        try
        {
            var before = _snapshot;
            if (before.Change >= change) return before;
            var changed = before.Change == 0 ? [] : await query.ListChangedAsync(before.Change, stop);
            var models = await query.ListModelsAsync(before.Change, stop);
            var benchmarks = await query.ListBenchmarksAsync(before.Change, stop);
            // Most commits have nothing to do with scores.
            if (models.Count == 0 && benchmarks.Count == 0 && !changed.Any(id => before.Models.ContainsKey(id) || before.Benchmarks.ContainsKey(id)))
                return _snapshot = Copy(before, change);
            return _snapshot = await ReadAsync(before, change, changed, models, benchmarks, stop);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    static ScoreSnapshot Copy(ScoreSnapshot before, long change) => new()
    {
        Change = change, Models = before.Models, Scores = before.Scores, Marks = before.Marks, Benchmarks = before.Benchmarks, Names = before.Names, Cells = before.Cells, Boards = before.Boards,
    };

    async Task<ScoreSnapshot> ReadAsync(
        ScoreSnapshot before, long change, IReadOnlyList<long> changed, IReadOnlyList<BoardModelRow> models, IReadOnlyList<BoardBenchmarkRow> benchmarks, CancellationToken stop)
    {
        var touched = new HashSet<Cell>();
        var (allModels, allScores, allMarks, cells) = (before.Models.ToBuilder(), before.Scores.ToBuilder(), before.Marks.ToBuilder(), before.Cells.ToBuilder());
        foreach (var id in changed.Concat(models.Select(model => model.Id)).Distinct())
        {
            if (before.Scores.TryGetValue(id, out var old))
                foreach (var cell in CellsOf(old))
                {
                    touched.Add(cell);
                    if (cells.TryGetValue(cell, out var there)) cells[cell] = there.Remove(id);
                }
            allModels.Remove(id);
            allScores.Remove(id);
            allMarks.Remove(id);
        }
        foreach (var row in models) allModels[row.Id] = BoardModel.Read(row);
        foreach (var (id, scores) in await ScoresAsync(before.Change, stop))
        {
            if (!allModels.ContainsKey(id)) continue;
            allScores[id] = scores;
            foreach (var cell in CellsOf(scores)) touched.Add(cell);
        }
        var fresh = new Dictionary<Cell, List<long>>();
        foreach (var row in models)
            if (allScores.TryGetValue(row.Id, out var scores))
                foreach (var cell in CellsOf(scores)) (fresh.TryGetValue(cell, out var list) ? list : fresh[cell] = []).Add(row.Id);
        foreach (var (cell, ids) in fresh) cells[cell] = (cells.TryGetValue(cell, out var there) ? there : []).Union(ids);
        foreach (var marks in (await query.ListMarksAsync(before.Change, stop)).GroupBy(mark => mark.RepositoryId)) allMarks[marks.Key] = [.. marks];

        var allBenchmarks = before.Benchmarks.ToBuilder();
        var tasks = (await query.ListTasksAsync(before.Change, stop)).ToLookup(task => task.RepositoryId);
        var changedBenchmarks = changed.Where(before.Benchmarks.ContainsKey).Concat(benchmarks.Select(row => row.Id)).ToHashSet();
        foreach (var id in changedBenchmarks) allBenchmarks.Remove(id);
        foreach (var row in benchmarks) allBenchmarks[row.Id] = BoardBenchmark.Of(row, [.. tasks[row.Id]]);
        var names = before.Names;
        if (changedBenchmarks.Count > 0)
        {
            var byName = ImmutableDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
            foreach (var alias in await query.ListAliasesAsync(stop)) byName[alias.Name] = alias.RepositoryId;
            foreach (var benchmark in allBenchmarks.Values) byName[benchmark.FullName.ToLowerInvariant()] = benchmark.Repository.Id;
            names = byName.ToImmutable();
        }
        var touchedDatasets = touched.Select(cell => cell.DatasetKey).ToHashSet(StringComparer.Ordinal);
        var kept = before.Boards.Where(pair => !changedBenchmarks.Contains(pair.Key.BenchmarkId)
            && !before.NamesOf(pair.Key.BenchmarkId).Any(name => touchedDatasets.Contains(name) && (touched.Contains(new(name, pair.Key.TaskId)) || touched.Contains(new(name, "")))));
        return new()
        {
            Change = change, Models = allModels.ToImmutable(), Scores = allScores.ToImmutable(), Marks = allMarks.ToImmutable(), Benchmarks = allBenchmarks.ToImmutable(), Names = names,
            Cells = cells.ToImmutable(), Boards = new ConcurrentDictionary<BoardKey, Board>(kept),
        };
    }

    static IEnumerable<Cell> CellsOf(IReadOnlyList<BoardScore> scores) => scores.Select(score => new Cell(score.DatasetKey, score.TaskId)).Distinct();

    async Task<Dictionary<long, IReadOnlyList<BoardScore>>> ScoresAsync(long after, CancellationToken stop)
    {
        var (found, texts) = (new Dictionary<long, List<BoardScore>>(), new SharedTexts());
        for (var (repository, ordinal) = (0L, -1L); ;)
        {
            var rows = await query.ListScoresAsync(after, repository, ordinal, RowsAtOnce, stop);
            foreach (var row in rows) (found.TryGetValue(row.RepositoryId, out var list) ? list : found[row.RepositoryId] = []).Add(BoardScore.Of(row, texts));
            if (rows.Count < RowsAtOnce) return found.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<BoardScore>)pair.Value);
            (repository, ordinal) = (rows[^1].RepositoryId, rows[^1].Ordinal);
        }
    }
}
