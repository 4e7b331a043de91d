using System.Data.Common;
using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Profiles;

/// <summary>What the headers of a repository's weight files say, in the JSON that clients read.</summary>
sealed record WeightSummaryRow
{
    public long RepositoryId { get; init; }
    public string CommitId { get; init; } = "";
    public long? Parameters { get; init; }
    public string? SafetensorsJson { get; init; }
    public string? GgufJson { get; init; }
}

/// <summary>Rows of weight summaries. All their SQL.</summary>
sealed class WeightSummaryStore(HubDatabase database)
{
    public Task<WeightSummaryRow?> FindAsync(long repositoryId, CancellationToken stop) => database.FindAsync<WeightSummaryRow>("""
        select repository_id, commit_id, parameters, safetensors_json, gguf_json
        from weight_summary
        where repository_id = @repositoryId
        """, new { repositoryId }, stop);

    /// <summary>The summaries of at most <see cref="Sql.MaxInList"/> repositories, by repository.</summary>
    public async Task<IReadOnlyDictionary<long, WeightSummaryRow>> ListAsync(IReadOnlyCollection<long> repositoryIds, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        var rows = await database.ListAsync<WeightSummaryRow>($"""
            select repository_id, commit_id, parameters, safetensors_json, gguf_json
            from weight_summary
            where {Sql.In("repository_id", repositoryIds, parameters)}
            """, parameters, stop);
        return rows.ToDictionary(row => row.RepositoryId);
    }

    /// <summary>Stores the summary; one that says nothing is no row.</summary>
    public Task ReplaceAsync(DbTransaction transaction, WeightSummaryRow row, CancellationToken stop) => row.Parameters is null
        ? transaction.ExecuteAsync("delete from weight_summary where repository_id = @RepositoryId", row, stop)
        : transaction.ExecuteAsync("""
        insert into weight_summary (repository_id, commit_id, parameters, safetensors_json, gguf_json)
        values (@RepositoryId, @CommitId, @Parameters, @SafetensorsJson, @GgufJson)
        on conflict (repository_id) do update
            set commit_id = excluded.commit_id, parameters = excluded.parameters,
                safetensors_json = excluded.safetensors_json, gguf_json = excluded.gguf_json
        """, row, stop);

    /// <summary>The weights are those of this commit too.</summary>
    public Task CarryOverAsync(DbTransaction transaction, long repositoryId, string commitId, CancellationToken stop) => transaction.ExecuteAsync("""
        update weight_summary
        set commit_id = @commitId
        where repository_id = @repositoryId
        """, new { repositoryId, commitId }, stop);

    /// <summary>Gives a fork its origin's summary. False when that has none, or one of an older commit.</summary>
    public async Task<bool> TryCopyAsync(DbTransaction transaction, long originId, long forkId, CancellationToken stop) => await transaction.ExecuteAsync("""
        insert into weight_summary (repository_id, commit_id, parameters, safetensors_json, gguf_json)
        select @forkId, weight_summary.commit_id, parameters, safetensors_json, gguf_json
        from weight_summary
        join repository on repository.id = @originId
        join reference on reference.repository_id = @originId and reference.name = 'refs/heads/' || repository.default_branch
        where weight_summary.repository_id = @originId
          and weight_summary.commit_id = reference.commit_id
        """, new { originId, forkId }, stop) == 1;
}
