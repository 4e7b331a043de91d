using System.Security.Cryptography;
using System.Text;
using ModelZoo.Hub.Evaluations.Scores;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>What a board ranks: a task of a benchmark under one metric and filter.</summary>
readonly record struct BoardKey(long BenchmarkId, string TaskId, string Metric, string Filter);

/// <summary>How a score was come by, as far as that is known: scores that contradict each other in it are not ranked together.</summary>
sealed record Setting(string? TaskHash, string? DatasetDigest, string? Protocol)
{
    public static readonly Setting Unknown = new(null, null, null);

    /// <summary>Short and stable, for addresses.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{TaskHash}\n{DatasetDigest}\n{Protocol}")))[..8];

    /// <summary>Nothing known of one contradicts what is known of the other.</summary>
    public bool Admits(BoardScore score) => Agrees(TaskHash, score.TaskHash) && Agrees(DatasetDigest, score.DatasetDigest) && Agrees(Protocol, score.Protocol);

    static bool Agrees(string? one, string? other) => one is null || other is null || one == other;

    public static Setting Of(BoardScore score) => new(score.TaskHash, score.DatasetDigest, score.Protocol);
}

/// <summary>A score on a board.</summary>
/// <param name="Obstacle">Why it has no rank; null where it has one.</param>
sealed record BoardEntry(BoardModel Model, BoardScore Score, IReadOnlyList<MarkRow> Marks, string? Obstacle)
{
    public double Value => Score.Value ?? double.NaN;

    public bool IsVerified => Score.Standing is Standing.Verified or Standing.Reproduced;

    public bool Has(string kind) => Marks.Any(mark => mark.Kind == kind);
}

/// <summary>All scores of one task under one metric, sorted: what views of it are cut from.</summary>
sealed class Board
{
    Board(BoardKey key, BoardBenchmark benchmark, BenchmarkTaskRow task, MetricFact metric, List<BoardEntry> entries)
    {
        (Key, Benchmark, Task, Metric) = (key, benchmark, task, metric);
        HigherIsBetter = metric.HigherIsBetter;
        Entries = [.. Sorted(entries)];
        Settings = SettingsOf(entries, task);
        _hasHidden = entries.Exists(entry => entry.Model.Repository.IsPrivate);
    }

    /// <summary>Views that many ask for; more are made anew.</summary>
    const int MostViews = 16;

    readonly System.Collections.Concurrent.ConcurrentDictionary<BoardRequest, BoardView> _views = new();
    readonly bool _hasHidden;
    IReadOnlyList<(string Metric, string Filter)>? _metrics;

    /// <summary>
    /// What an actor sees. Where nothing on the board is hidden from anyone, or nobody asks, it is the same for all and kept: a board is made anew when any of
    /// its models changes, also in who may read it.
    /// </summary>
    public BoardView View(BoardRequest request, VisibleScores visible)
    {
        var actor = visible.Scope.Actor;
        if (actor.Account is not null && (_hasHidden || actor.Credential?.Role == Accounts.CredentialRole.FineGrained)) return BoardView.Of(this, request, visible);
        if (_views.TryGetValue(request, out var known)) return known;
        if (_views.Count >= MostViews) _views.Clear();
        return _views[request] = BoardView.Of(this, request, visible);
    }

    /// <summary>Metrics and filters of the task's scores, found once.</summary>
    public IReadOnlyList<(string Metric, string Filter)> Metrics(ScoreSnapshot snapshot) => _metrics ??= BoardMaker.MetricsOf(snapshot, Benchmark, Task);

    public BoardKey Key { get; }

    public BoardBenchmark Benchmark { get; }

    public BenchmarkTaskRow Task { get; }

    public MetricFact Metric { get; }

    public bool HigherIsBetter { get; }

    /// <summary>Best first; those without a rank last.</summary>
    public IReadOnlyList<BoardEntry> Entries { get; }

    /// <summary>The setting that the board is for comes first: the task as it is defined now, as most scores have it.</summary>
    public IReadOnlyList<(Setting Setting, int Count)> Settings { get; }

    public static Board Of(BoardKey key, BoardBenchmark benchmark, BenchmarkTaskRow task, MetricFact metric, IEnumerable<(BoardModel Model, BoardScore Score, IReadOnlyList<MarkRow> Marks)> candidates) =>
        new(key, benchmark, task, metric, [.. candidates.Select(candidate =>
        {
            var marks = candidate.Marks.Where(mark => mark.BenchmarkId == key.BenchmarkId && mark.TaskId == task.Id && (mark.ScoreKey.Length == 0 || mark.ScoreKey == candidate.Score.Key)).ToList();
            return new BoardEntry(candidate.Model, candidate.Score, marks, ObstacleOf(candidate.Score, metric, marks));
        })]);

    static string? ObstacleOf(BoardScore score, MetricFact metric, List<MarkRow> marks)
    {
        if (marks.FirstOrDefault(mark => mark.Kind == MarkKind.Revoked) is { } revoked) return $"Revoked: {revoked.Reason}";
        if (score.Unranked is { } reason) return reason;
        if (score.Value is not { } value) return "There is no number.";
        if (metric.Least is { } least && value < least || metric.Most is { } most && value > most)
            return metric is { Least: 0, Most: 1 } && value is > 1 and <= 100 ? "It looks like a percentage; the metric goes from 0 to 1." : $"It lies outside the range of {metric.Name}.";
        return null;
    }

    IEnumerable<BoardEntry> Sorted(List<BoardEntry> entries)
    {
        // At full precision; what follows the value only orders what shares a rank.
        var ranked = entries.Where(entry => entry.Obstacle is null).ToArray();
        Array.Sort(ranked, (a, b) =>
        {
            var order = HigherIsBetter ? b.Value.CompareTo(a.Value) : a.Value.CompareTo(b.Value);
            if (order != 0) return order;
            order = a.Score.Standing.CompareTo(b.Score.Standing);
            if (order != 0) return order;
            order = (a.Model.Parameters ?? long.MaxValue).CompareTo(b.Model.Parameters ?? long.MaxValue);
            if (order != 0) return order;
            order = a.Score.MeasuredAt.CompareTo(b.Score.MeasuredAt);
            return order != 0 ? order : string.CompareOrdinal(a.Model.FullName, b.Model.FullName);
        });
        return ranked.Concat(entries.Where(entry => entry.Obstacle is not null).OrderBy(entry => entry.Model.FullName, StringComparer.Ordinal).ThenBy(entry => entry.Score.Key, StringComparer.Ordinal));
    }

    static List<(Setting, int)> SettingsOf(List<BoardEntry> entries, BenchmarkTaskRow task)
    {
        var known = entries.Select(entry => Setting.Of(entry.Score)).Where(setting => setting != Setting.Unknown).GroupBy(setting => setting)
            .Select(group => (Setting: group.Key, Count: group.Count(), IsCurrent: task.TaskHash is not null && group.Key.TaskHash == task.TaskHash, Known: Known(group.Key)))
            .OrderByDescending(one => one.IsCurrent).ThenByDescending(one => one.Count).ThenByDescending(one => one.Known).ThenBy(one => one.Setting.Id, StringComparer.Ordinal).ToList();
        if (known.Count == 0) return [(Setting.Unknown, entries.Count)];
        // A setting of which less is known is no board of its own where one that agrees says more.
        var kept = known.Where(one => !known.Any(other => other.Known > one.Known && Within(one.Setting, other.Setting)))
            .Select(one => (one.Setting, entries.Count(entry => one.Setting.Admits(entry.Score)))).ToList();
        return kept.Count == 0 ? [(known[0].Setting, known[0].Count)] : kept;

        static int Known(Setting setting) => (setting.TaskHash is null ? 0 : 1) + (setting.DatasetDigest is null ? 0 : 1) + (setting.Protocol is null ? 0 : 1);

        static bool Within(Setting less, Setting more) =>
            (less.TaskHash is null || less.TaskHash == more.TaskHash) && (less.DatasetDigest is null || less.DatasetDigest == more.DatasetDigest) && (less.Protocol is null || less.Protocol == more.Protocol);
    }
}
