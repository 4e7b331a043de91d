using System.Collections.Concurrent;
using System.Collections.Immutable;
using ModelZoo.Hub.Evaluations.Scores;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>A dataset's task, by the names that scores give; the task is empty where a card named none.</summary>
readonly record struct Cell(string DatasetKey, string TaskId);

/// <summary>All benchmarks and scores at one moment. Immutable; boards that were made from it are kept with it.</summary>
sealed class ScoreSnapshot
{
    public static readonly ScoreSnapshot Empty = new();

    /// <summary>Every change up to this number is in here.</summary>
    public long Change { get; init; }

    public ImmutableDictionary<long, BoardModel> Models { get; init; } = ImmutableDictionary<long, BoardModel>.Empty;

    public ImmutableDictionary<long, IReadOnlyList<BoardScore>> Scores { get; init; } = ImmutableDictionary<long, IReadOnlyList<BoardScore>>.Empty;

    public ImmutableDictionary<long, IReadOnlyList<MarkRow>> Marks { get; init; } = ImmutableDictionary<long, IReadOnlyList<MarkRow>>.Empty;

    public ImmutableDictionary<long, BoardBenchmark> Benchmarks { get; init; } = ImmutableDictionary<long, BoardBenchmark>.Empty;

    /// <summary>Names in lower case, former ones too.</summary>
    public ImmutableDictionary<string, long> Names { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Which models have scores in a cell.</summary>
    public ImmutableDictionary<Cell, ImmutableHashSet<long>> Cells { get; init; } = ImmutableDictionary<Cell, ImmutableHashSet<long>>.Empty;

    /// <summary>Boards made already; those that no change touched are taken over by the next snapshot.</summary>
    public ConcurrentDictionary<BoardKey, Board> Boards { get; init; } = new();

    public BoardBenchmark? FindBenchmark(string name) => Names.TryGetValue(name.ToLowerInvariant(), out var id) ? Benchmarks.GetValueOrDefault(id) : null;

    /// <summary>All names that scores may call a benchmark by.</summary>
    public IEnumerable<string> NamesOf(long benchmarkId) => Names.Where(pair => pair.Value == benchmarkId).Select(pair => pair.Key);
}
