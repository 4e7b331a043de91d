using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Repositories;

/// <summary>What repositories use, as Hugging Face counts it: the large files of all revisions, each content once, and git's own objects.</summary>
sealed class UsedStorageQuery(HubDatabase database)
{
    /// <param name="ids">At most <see cref="Sql.MaxInList"/>.</param>
    public async Task<IReadOnlyDictionary<long, long>> ListAsync(IReadOnlyCollection<long> ids, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        return (await database.ListAsync<Row>($"""
            select repository.id,
                   (select cast(coalesce(sum(blob.size_bytes), 0) as bigint)
                    from blob_link
                    join blob on blob.digest = blob_link.digest
                    where blob_link.repository_id = repository.id)
                 + (select cast(coalesce(sum(git_object.size_bytes), 0) as bigint)
                    from git_object
                    where git_object.space_id = repository.space_id) as used_bytes
            from repository
            where {Sql.In("repository.id", ids, parameters)}
            """, parameters, stop)).ToDictionary(row => row.Id, row => row.UsedBytes);
    }

    sealed record Row
    {
        public long Id { get; init; }
        public long UsedBytes { get; init; }
    }
}
