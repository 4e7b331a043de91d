using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>A benchmark with its tasks, in the order of eval.yaml.</summary>
sealed record BoardBenchmark(Repository Repository, BoardBenchmarkRow Row, IReadOnlyList<BenchmarkTaskRow> Tasks)
{
    readonly Dictionary<string, BenchmarkTaskRow> _byId = Tasks.ToDictionary(task => task.Id, StringComparer.Ordinal);

    public string FullName => Repository.FullName;

    public BenchmarkTaskRow? Find(string id) => _byId.GetValueOrDefault(id);

    public static BoardBenchmark Of(BoardBenchmarkRow row, IReadOnlyList<BenchmarkTaskRow> tasks) => new(new Repository
    {
        Id = row.Id, Kind = RepositoryKind.Dataset, OwnerId = row.OwnerId, Owner = row.Owner, Name = row.Name, IsPrivate = row.Visibility == "private", SpaceId = row.SpaceId,
        DefaultBranch = row.DefaultBranch, CreatedAt = row.CreatedAt, DisabledAt = row.DisabledAt,
    }, row, tasks);
}
