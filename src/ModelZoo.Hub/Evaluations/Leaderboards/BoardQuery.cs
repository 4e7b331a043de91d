using Dapper;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Evaluations.Scores;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>A dataset that is a benchmark, as boards see it.</summary>
sealed record BoardBenchmarkRow
{
    public long Id { get; init; }
    public long OwnerId { get; init; }
    public string Owner { get; init; } = "";
    public string Name { get; init; } = "";
    public string Visibility { get; init; } = "";
    public string DefaultBranch { get; init; } = "";
    public long SpaceId { get; init; }
    public long CreatedAt { get; init; }
    public long? DisabledAt { get; init; }
    public string Title { get; init; } = "";
    public string Description { get; init; } = "";
    public string? Framework { get; init; }
    public long? Daily { get; init; }
}

/// <summary>What an actor shares in, read at the same time as the number of the last change.</summary>
sealed record BoardMoment(long Change, IReadOnlyDictionary<long, string> Collaborations);

/// <summary>Reads what boards are made of. All its SQL; it writes nothing.</summary>
sealed class BoardQuery(HubDatabase database)
{
    static readonly string s_taskColumns = string.Join(", ", BenchmarkStore.TaskColumns.Split(", ").Select(column => $"benchmark_task.{column}"));

    sealed record Share(long RepositoryId, string Access);

    public sealed record Alias
    {
        public string Name { get; init; } = "";
        public long RepositoryId { get; init; }
    }

    sealed record ProfileText(string Digest, string ProfileJson);

    public Task<BoardMoment> ReadMomentAsync(long? accountId, CancellationToken stop) => database.ReadAsync(async connection =>
    {
        var change = await connection.QuerySingleAsync<long>(new CommandDefinition("select value from change_counter where name = 'repository'", cancellationToken: stop));
        if (accountId is null) return new BoardMoment(change, new Dictionary<long, string>());
        var shares = await connection.QueryAsync<Share>(new CommandDefinition("""
            select repository_id, access
            from collaborator
            where account_id = @accountId
            """, new { accountId }, cancellationToken: stop));
        return new BoardMoment(change, shares.ToDictionary(share => share.RepositoryId, share => share.Access));
    }, stop);

    /// <summary>Ids of all repositories that changed after a number, or that are gone.</summary>
    public Task<IReadOnlyList<long>> ListChangedAsync(long after, CancellationToken stop) => database.ListAsync<long>("""
        select id from repository where change_number > @after
        union all
        select repository_id from deleted_repository where change_number > @after
        """, new { after }, stop);

    /// <summary>Models that changed after a number and have scores.</summary>
    public Task<IReadOnlyList<BoardModelRow>> ListModelsAsync(long after, CancellationToken stop) => database.ListAsync<BoardModelRow>("""
        select repository.id, repository.owner_id, account.handle as owner, repository.name, repository.visibility, repository.default_branch, repository.space_id,
               repository.created_at, repository.disabled_at, repository.change_number, repository_card.licence, repository_card.config_json, repository_card.card_json,
               weight_summary.parameters, weight_summary.digest
        from repository
        join account on account.id = repository.owner_id
        left join repository_card on repository_card.repository_id = repository.id
        left join weight_summary on weight_summary.repository_id = repository.id
        where repository.change_number > @after
          and exists (select 1 from score where score.repository_id = repository.id)
        """, new { after }, stop);

    public Task<IReadOnlyList<BoardBenchmarkRow>> ListBenchmarksAsync(long after, CancellationToken stop) => database.ListAsync<BoardBenchmarkRow>("""
        select repository.id, repository.owner_id, account.handle as owner, repository.name, repository.visibility, repository.default_branch, repository.space_id,
               repository.created_at, repository.disabled_at, benchmark.name as title, benchmark.description, benchmark.framework, benchmark.daily
        from benchmark
        join repository on repository.id = benchmark.repository_id
        join account on account.id = repository.owner_id
        where repository.change_number > @after
        """, new { after }, stop);

    public Task<IReadOnlyList<BenchmarkTaskRow>> ListTasksAsync(long after, CancellationToken stop) => database.ListAsync<BenchmarkTaskRow>($"""
        select {s_taskColumns}
        from benchmark_task
        join repository on repository.id = benchmark_task.repository_id
        where repository.change_number > @after
        order by benchmark_task.repository_id, benchmark_task.ordinal
        """, new { after }, stop);

    /// <summary>Names that benchmarks had before.</summary>
    public Task<IReadOnlyList<Alias>> ListAliasesAsync(CancellationToken stop) => database.ListAsync<Alias>("""
        select repository_alias.owner_key || '/' || repository_alias.name_key as name, repository_alias.repository_id
        from repository_alias
        join benchmark on benchmark.repository_id = repository_alias.repository_id
        where repository_alias.kind = 'dataset'
        """, null, stop);

    /// <summary>Scores of models that changed after a number, by model; those before a place left out.</summary>
    public Task<IReadOnlyList<ScoreRow>> ListScoresAsync(long after, long repositoryId, long ordinal, int limit, CancellationToken stop) => database.ListAsync<ScoreRow>($"""
        select score.repository_id, score.ordinal, score_key, path, dataset_key, task_id, config, split, metric, filter, subgroup, value, value_text, stderr, low, high, n,
               task_hash, dataset_digest, protocol, {ScoreStore.Dated}, run_seconds, host, model_commit, standing, unranked, remark, evidence, samples
        from score
        join repository as model on model.id = score.repository_id
        where model.change_number > @after
          and (score.repository_id > @repositoryId or (score.repository_id = @repositoryId and score.ordinal > @ordinal))
        order by score.repository_id, score.ordinal
        limit @limit
        """, new { after, repositoryId, ordinal, limit }, stop);

    public Task<IReadOnlyList<MarkRow>> ListMarksAsync(long after, CancellationToken stop) => database.ListAsync<MarkRow>("""
        select score_mark.id, score_mark.repository_id, score_mark.score_key, score_mark.benchmark_id, score_mark.task_id, score_mark.kind, score_mark.reason, score_mark.account_id,
               account.handle, score_mark.marked_at, score_mark.lifted_at
        from score_mark
        join repository on repository.id = score_mark.repository_id
        left join account on account.id = score_mark.account_id
        where repository.change_number > @after
        order by score_mark.id
        """, new { after }, stop);

    /// <summary>Scores on a dataset that are withdrawn, but were not at a moment.</summary>
    public Task<IReadOnlyList<PastScore>> ListPastAsync(long moment, CancellationToken stop) => database.ListAsync<PastScore>("""
        select repository_id, began_at, ended_at, row_json
        from score_past
        where ended_at > @moment
          and began_at <= @moment
        limit 20000
        """, new { moment }, stop);

    /// <summary>Profiles as they are stored, by digest; of at most <see cref="Sql.MaxInList"/> models.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ProfilesAsync(IReadOnlyCollection<long> repositoryIds, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        var rows = await database.ListAsync<ProfileText>($"""
            select model_profile.digest, model_profile.profile_json
            from weight_summary
            join model_profile on model_profile.repository_id = weight_summary.repository_id and model_profile.digest = weight_summary.digest
            where {Sql.In("weight_summary.repository_id", repositoryIds, parameters)}
            """, parameters, stop);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var row in rows) found[row.Digest] = row.ProfileJson;
        return found;
    }
}
