using System.Data.Common;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Rows of benchmarks and their tasks. All their SQL.</summary>
sealed class BenchmarkStore(HubDatabase database)
{
    public const string TaskColumns = "repository_id, id, ordinal, kind, title, config, split, metric, filter, higher_is_better, least, most, chance, version, task_hash, facts_json";

    public static async Task ReplaceAsync(
        DbTransaction transaction, long repositoryId, BenchmarkRow? row, IReadOnlyList<BenchmarkTaskRow> tasks, IReadOnlyList<ScoreProblem> problems, CancellationToken stop)
    {
        foreach (var table in (string[])["benchmark", "benchmark_task", "benchmark_problem"])
            await transaction.ExecuteAsync($"delete from {table} where repository_id = @repositoryId", new { repositoryId }, stop);
        if (row is not null)
            await transaction.ExecuteAsync("""
                insert into benchmark (repository_id, name, description, framework, daily)
                values (@RepositoryId, @Name, @Description, @Framework, @Daily)
                """, row, stop);
        foreach (var task in tasks)
            await transaction.ExecuteAsync($"""
                insert into benchmark_task ({TaskColumns})
                values (@RepositoryId, @Id, @Ordinal, @Kind, @Title, @Config, @Split, @Metric, @Filter, @HigherIsBetter, @Least, @Most, @Chance, @Version, @TaskHash, @FactsJson)
                """, task, stop);
        for (var i = 0; i < problems.Count; i++)
            await transaction.ExecuteAsync("""
                insert into benchmark_problem (repository_id, ordinal, path, problem)
                values (@repositoryId, @ordinal, @Place, @Problem)
                """, new { repositoryId, ordinal = i, problems[i].Place, problems[i].Problem }, stop);
    }

    public Task<BenchmarkRow?> FindAsync(long repositoryId, CancellationToken stop) => database.FindAsync<BenchmarkRow>("""
        select repository_id, name, description, framework, daily
        from benchmark
        where repository_id = @repositoryId
        """, new { repositoryId }, stop);

    public Task<IReadOnlyList<BenchmarkTaskRow>> TasksAsync(long repositoryId, CancellationToken stop) => database.ListAsync<BenchmarkTaskRow>($"""
        select {TaskColumns}
        from benchmark_task
        where repository_id = @repositoryId
        order by ordinal
        """, new { repositoryId }, stop);

    public Task<IReadOnlyList<ScoreProblem>> ProblemsAsync(long repositoryId, CancellationToken stop) => database.ListAsync<ScoreProblem>("""
        select path as place, problem
        from benchmark_problem
        where repository_id = @repositoryId
        order by ordinal
        """, new { repositoryId }, stop);
}
