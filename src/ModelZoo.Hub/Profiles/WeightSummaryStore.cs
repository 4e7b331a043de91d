using System.Data.Common;
using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Profiles;

/// <summary>What lists, searches and clients show of the weights of a repository's head: taken from its profile.</summary>
sealed record WeightSummaryRow
{
    public long RepositoryId { get; init; }
    public string CommitId { get; init; } = "";

    /// <summary>Of <see cref="ProfileRow"/>; null in rows from before there were profiles.</summary>
    public string? Digest { get; init; }
    public long? Version { get; init; }
    public long? Parameters { get; init; }
    public string? SafetensorsJson { get; init; }
    public string? GgufJson { get; init; }
    public double? WeightBytes { get; init; }
    public double? FootprintBytes { get; init; }
}

/// <summary>A model whose head has no profile of this version.</summary>
sealed record OutdatedProfile(long RepositoryId);

/// <summary>Rows of weight summaries, one for each model with a head. All their SQL.</summary>
sealed class WeightSummaryStore(HubDatabase database)
{
    const string Columns = "repository_id, commit_id, digest, version, parameters, safetensors_json, gguf_json, weight_bytes, footprint_bytes";

    public Task<WeightSummaryRow?> FindAsync(long repositoryId, CancellationToken stop) => database.FindAsync<WeightSummaryRow>($"""
        select {Columns}
        from weight_summary
        where repository_id = @repositoryId
        """, new { repositoryId }, stop);

    /// <summary>The summaries of at most <see cref="Sql.MaxInList"/> repositories, by repository.</summary>
    public async Task<IReadOnlyDictionary<long, WeightSummaryRow>> ListAsync(IReadOnlyCollection<long> repositoryIds, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        var rows = await database.ListAsync<WeightSummaryRow>($"""
            select {Columns}
            from weight_summary
            where {Sql.In("repository_id", repositoryIds, parameters)}
            """, parameters, stop);
        return rows.ToDictionary(row => row.RepositoryId);
    }

    public Task ReplaceAsync(DbTransaction transaction, WeightSummaryRow row, CancellationToken stop) => transaction.ExecuteAsync($"""
        insert into weight_summary ({Columns})
        values (@RepositoryId, @CommitId, @Digest, @Version, @Parameters, @SafetensorsJson, @GgufJson, @WeightBytes, @FootprintBytes)
        on conflict (repository_id) do update
            set commit_id = excluded.commit_id, digest = excluded.digest, version = excluded.version, parameters = excluded.parameters,
                safetensors_json = excluded.safetensors_json, gguf_json = excluded.gguf_json,
                weight_bytes = excluded.weight_bytes, footprint_bytes = excluded.footprint_bytes
        """, row, stop);

    /// <summary>The weights are those of this commit too, when they were those of the one before.</summary>
    /// <returns>False when the summary is of another commit, or there is none: then it has to be made.</returns>
    public async Task<bool> TryCarryOverAsync(DbTransaction transaction, long repositoryId, string? before, string commitId, CancellationToken stop) => await transaction.ExecuteAsync("""
        update weight_summary
        set commit_id = @commitId
        where repository_id = @repositoryId
          and commit_id = @before
        """, new { repositoryId, before, commitId }, stop) == 1;

    /// <summary>Gives a fork its origin's summary. False when that has none, or one of an older commit.</summary>
    public async Task<bool> TryCopyAsync(DbTransaction transaction, long originId, long forkId, CancellationToken stop) => await transaction.ExecuteAsync($"""
        insert into weight_summary ({Columns})
        select @forkId, weight_summary.commit_id, digest, version, parameters, safetensors_json, gguf_json, weight_bytes, footprint_bytes
        from weight_summary
        join repository on repository.id = @originId
        join reference on reference.repository_id = @originId and reference.name = 'refs/heads/' || repository.default_branch
        where weight_summary.repository_id = @originId
          and weight_summary.commit_id = reference.commit_id
        """, new { originId, forkId }, stop) == 1;

    /// <summary>Models whose summary was made by other rules or never; those whose job failed lately are left alone for a day.</summary>
    public Task<IReadOnlyList<OutdatedProfile>> ListOutdatedAsync(long version, long failedSince, int limit, CancellationToken stop) => database.ListAsync<OutdatedProfile>("""
        select repository.id as repository_id
        from repository
        join reference on reference.repository_id = repository.id and reference.name = 'refs/heads/' || repository.default_branch
        left join weight_summary on weight_summary.repository_id = repository.id
        where repository.kind = 'model'
          and (weight_summary.version is null or weight_summary.version <> @version)
          and not exists (
                select 1
                from job
                where job.repository_id = repository.id
                  and job.name = 'models.profile'
                  and (job.state in ('waiting', 'running') or (job.state = 'failed' and job.finished_at > @failedSince)))
        limit @limit
        """, new { version, failedSince, limit }, stop);
}
