using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>Where boards are asked for: by the name of a dataset and the id of a task, for whoever may read the dataset.</summary>
sealed class BoardReader(ScoreIndex index, BoardQuery query)
{
    public Task<VisibleScores> LookAsync(Actor actor, CancellationToken stop) => index.LookAsync(actor, stop);

    /// <exception cref="Refusal">There is no such benchmark or task for this actor.</exception>
    public async Task<BoardView> GetAsync(VisibleScores visible, string dataset, string task, string? metric, string? filter, BoardRequest request, CancellationToken stop)
    {
        var (benchmark, row) = Task(visible, dataset, task);
        if (row.IsSuite) throw Refusal.Invalid($"{task} is a suite: it has no scores of its own.");
        var board = request.AsOf is { } moment
            ? BoardMaker.At(visible.Snapshot, benchmark, row, metric, filter, moment, await query.ListPastAsync(moment, stop))
            : BoardMaker.Get(visible.Snapshot, benchmark, row, metric, filter);
        return request.AsOf is null ? board.View(request, visible) : BoardView.Of(board, request, visible);
    }

    public static (BoardBenchmark Benchmark, BenchmarkTaskRow Task) Task(VisibleScores visible, string dataset, string task)
    {
        var benchmark = visible.Find(dataset) ?? throw Refusal.NotFound("There is no such benchmark: a dataset with an eval.yaml.");
        return (benchmark, benchmark.Find(task) ?? throw Refusal.NotFound($"{benchmark.FullName} has no task of this id."));
    }

    /// <summary>Every model's scores over the tasks of a suite, put together.</summary>
    public static SuiteView Suite(VisibleScores visible, BoardBenchmark benchmark, BenchmarkTaskRow suite, BoardRequest request) => SuiteView.Of(visible, benchmark, suite, request);

    /// <summary>FLOP of one unit of work by model, as far as profiles say.</summary>
    public async Task<IReadOnlyDictionary<long, double>> FlopAsync(IEnumerable<BoardModel> models, CancellationToken stop)
    {
        var flop = new Dictionary<long, double>();
        foreach (var slice in models.Where(model => model.ProfileDigest is not null).DistinctBy(model => model.Repository.Id).Take(BoardCosts.MostProfiles).Chunk(100))
        {
            var known = slice.Where(model => _flop.ContainsKey(model.ProfileDigest!)).ToList();
            var unknown = slice.Except(known).ToList();
            if (unknown.Count > 0)
            {
                if (_flop.Count > BoardCosts.MostRemembered) _flop.Clear();
                var profiles = await query.ProfilesAsync([.. unknown.Select(model => model.Repository.Id)], stop);
                foreach (var model in unknown)
                    _flop[model.ProfileDigest!] = profiles.TryGetValue(model.ProfileDigest!, out var json) && Profiling.StoredProfile.TryRead(json, Profiling.Profile.Version) is { FlopPerUnit: { } figure } ? figure.Value : null;
            }
            foreach (var model in slice)
                if (_flop.TryGetValue(model.ProfileDigest!, out var value) && value is { } number) flop[model.Repository.Id] = number;
        }
        return flop;
    }

    /// <summary>By profile; a digest always means the same.</summary>
    readonly System.Collections.Concurrent.ConcurrentDictionary<string, double?> _flop = new(StringComparer.Ordinal);
}
