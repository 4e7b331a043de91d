using System.Data.Common;
using System.Text.Json;
using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>A score that its model claims no more.</summary>
sealed record PastScore(long RepositoryId, long BeganAt, long EndedAt, string RowJson)
{
    public ScoreRow Row => JsonSerializer.Deserialize<ScoreRow>(RowJson)!;
}

/// <summary>Rows of scores. All their SQL.</summary>
sealed class ScoreStore(HubDatabase database)
{
    const int RowsAtOnce = 20;

    /// <summary>Scores that a model withdrew and that are remembered; older ones go.</summary>
    const int MostPast = 1_000;

    static readonly (string Column, Func<ScoreRow, object?> Value)[] s_columns =
    [
        ("repository_id", row => row.RepositoryId), ("ordinal", row => row.Ordinal), ("score_key", row => row.ScoreKey), ("origin", row => row.Origin), ("path", row => row.Path),
        ("dataset", row => row.Dataset), ("dataset_key", row => row.DatasetKey), ("task_id", row => row.TaskId), ("dataset_revision", row => row.DatasetRevision),
        ("config", row => row.Config), ("split", row => row.Split), ("metric", row => row.Metric), ("filter", row => row.Filter), ("subgroup", row => row.Subgroup),
        ("value", row => row.Value), ("value_text", row => row.ValueText), ("stderr", row => row.Stderr), ("low", row => row.Low), ("high", row => row.High), ("n", row => row.N),
        ("higher_is_better", row => row.HigherIsBetter), ("task_hash", row => row.TaskHash), ("task_version", row => row.TaskVersion), ("dataset_digest", row => row.DatasetDigest),
        ("protocol", row => row.Protocol), ("measured_at", row => row.MeasuredAt), ("run_seconds", row => row.RunSeconds), ("host", row => row.Host),
        ("model_commit", row => row.ModelCommit), ("model_digest", row => row.ModelDigest), ("standing", row => row.Standing), ("unranked", row => row.Unranked), ("remark", row => row.Remark),
        ("evidence", row => row.Evidence), ("samples", row => row.Samples), ("source_json", row => row.SourceJson), ("notes", row => row.Notes), ("token", row => row.Token),
    ];

    static readonly string s_names = string.Join(", ", s_columns.Select(column => column.Column));

    /// <summary>Replaces the model's scores. Those that are gone are remembered with the time.</summary>
    public static async Task ReplaceAsync(DbTransaction transaction, long repositoryId, IReadOnlyList<ScoreRow> rows, IReadOnlyList<ScoreProblem> problems, long now, CancellationToken stop)
    {
        var id = new { repositoryId };
        var before = await transaction.ListAsync<ScoreRow>($"select {s_names} from score where repository_id = @repositoryId", id, stop);
        if (before.Count > 0 && before.SequenceEqual(rows))
        {
            await ReplaceProblemsAsync(transaction, repositoryId, problems, stop);
            return;
        }
        var kept = rows.Select(row => row.ScoreKey).ToHashSet(StringComparer.Ordinal);
        await RememberAsync(transaction, [.. before.Where(row => row is { Value: not null, Subgroup: null } && !kept.Contains(row.ScoreKey)).Take(MostPast)], now, stop);
        if (before.Count > 0) await transaction.ExecuteAsync("delete from score where repository_id = @repositoryId", id, stop);
        foreach (var slice in rows.Chunk(RowsAtOnce))
        {
            var parameters = new DynamicParameters();
            var values = slice.Select((row, i) => $"({string.Join(", ", s_columns.Select((column, c) => { parameters.Add($"v{i}_{c}", column.Value(row)); return $"@v{i}_{c}"; }))})").ToList();
            await transaction.ExecuteAsync($"insert into score ({s_names}) values {string.Join(", ", values)}", parameters, stop);
        }
        await ReplaceProblemsAsync(transaction, repositoryId, problems, stop);
    }

    static async Task RememberAsync(DbTransaction transaction, List<ScoreRow> gone, long now, CancellationToken stop)
    {
        foreach (var row in gone.DistinctBy(row => row.ScoreKey))
            await transaction.ExecuteAsync("""
                insert into score_past (repository_id, score_key, began_at, ended_at, row_json)
                values (@RepositoryId, @ScoreKey, @began, @now, @json)
                on conflict (repository_id, score_key, ended_at) do nothing
                """, new { row.RepositoryId, row.ScoreKey, began = row.MeasuredAt ?? now, now, json = JsonSerializer.Serialize(row) }, stop);
        if (gone.Count > 0)
            await transaction.ExecuteAsync("""
                delete from score_past
                where repository_id = @repositoryId
                  and ended_at < (select ended_at from score_past where repository_id = @repositoryId order by ended_at desc limit 1 offset @most)
                """, new { repositoryId = gone[0].RepositoryId, most = MostPast }, stop);
    }

    static async Task ReplaceProblemsAsync(DbTransaction transaction, long repositoryId, IReadOnlyList<ScoreProblem> problems, CancellationToken stop)
    {
        await transaction.ExecuteAsync("delete from score_problem where repository_id = @repositoryId", new { repositoryId }, stop);
        for (var i = 0; i < problems.Count; i++)
            await transaction.ExecuteAsync("""
                insert into score_problem (repository_id, ordinal, place, problem)
                values (@repositoryId, @ordinal, @Place, @Problem)
                """, new { repositoryId, ordinal = i, problems[i].Place, problems[i].Problem }, stop);
    }

    /// <summary>All scores of a model in the order of their files; what no file dates has the time of its file's last change.</summary>
    public Task<IReadOnlyList<ScoreRow>> ListAsync(long repositoryId, CancellationToken stop) => database.ListAsync<ScoreRow>($"""
        select {s_names.Replace("measured_at", Dated, StringComparison.Ordinal)}
        from score
        where repository_id = @repositoryId
        order by ordinal
        """, new { repositoryId }, stop);

    /// <summary>Scores of a model, subgroups left out.</summary>
    public Task<long> CountAsync(long repositoryId, CancellationToken stop) => database.FindAsync<long>("""
        select count(*)
        from score
        where repository_id = @repositoryId
          and subgroup is null
        """, new { repositoryId }, stop);

    public Task<IReadOnlyList<ScoreProblem>> ProblemsAsync(long repositoryId, CancellationToken stop) => database.ListAsync<ScoreProblem>("""
        select place, problem
        from score_problem
        where repository_id = @repositoryId
        order by ordinal
        """, new { repositoryId }, stop);

    public sealed record Detail
    {
        public long RepositoryId { get; init; }
        public string ScoreKey { get; init; } = "";
        public string? SourceJson { get; init; }
        public string? Notes { get; init; }
    }

    /// <summary>What boards do not keep in memory.</summary>
    public async Task<IReadOnlyDictionary<(long, string), Detail>> DetailsAsync(IReadOnlyCollection<(long RepositoryId, string Key)> wanted, CancellationToken stop)
    {
        var found = new Dictionary<(long, string), Detail>();
        foreach (var slice in wanted.Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters();
            foreach (var detail in await database.ListAsync<Detail>($"""
                select repository_id, score_key, source_json, notes
                from score
                where {Sql.In("repository_id", [.. slice.Select(one => one.RepositoryId).Distinct()], parameters, "r")}
                  and {Sql.In("score_key", [.. slice.Select(one => one.Key).Distinct()], parameters, "k")}
                """, parameters, stop)) found[(detail.RepositoryId, detail.ScoreKey)] = detail;
        }
        return found;
    }

    /// <summary>The time that a row states, or of the commit that last changed its file.</summary>
    public const string Dated = """
        coalesce(score.measured_at, (
            select git_commit.committed_at
            from last_change
            join repository on repository.id = last_change.repository_id
            join git_commit on git_commit.space_id = repository.space_id and git_commit.id = last_change.commit_id
            where last_change.repository_id = score.repository_id and last_change.path = score.path)) as measured_at
        """;
}
