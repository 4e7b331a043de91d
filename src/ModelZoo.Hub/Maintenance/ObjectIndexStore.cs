using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Maintenance;

/// <summary>A git object without its content.</summary>
sealed record ObjectRow
{
    public string Id { get; init; } = "";
    public string Type { get; init; } = "";
    public long SizeBytes { get; init; }
    public string? LfsDigest { get; init; }
    public long? LfsSizeBytes { get; init; }
    public long StoredAt { get; init; }
}

/// <summary>A repository's right to a blob, with the size of that blob; null when the blob's row is missing.</summary>
sealed record LinkRow
{
    public string Digest { get; init; } = "";
    public long LinkedAt { get; init; }
    public long? SizeBytes { get; init; }
    public string FirstPath { get; init; } = "";
}

/// <summary>Lists what the repositories' spaces hold, and removes what nothing leads to.</summary>
sealed class ObjectIndexStore(HubDatabase database)
{
    /// <summary>All object spaces, also those whose repository is gone.</summary>
    public Task<IReadOnlyList<long>> SpacesAsync(CancellationToken stop) => database.ListAsync<long>("""
        select space_id from git_object
        union
        select space_id from repository
        order by space_id
        """, null, stop);

    public Task<long> CountRepositoriesAsync(CancellationToken stop) => database.FindAsync<long>("select count(*) from repository", null, stop);

    public async Task<Dictionary<ObjectId, ObjectRow>> ListAsync(long spaceId, CancellationToken stop)
    {
        var rows = await database.ListAsync<ObjectRow>("""
            select id, type, size_bytes, lfs_digest, lfs_size_bytes, stored_at
            from git_object
            where space_id = @spaceId
            """, new { spaceId }, stop);
        return rows.ToDictionary(row => ObjectId.Parse(row.Id));
    }

    /// <summary>The commits that a repository answers for by id.</summary>
    public async Task<IReadOnlyList<ObjectId>> RecordedAsync(long repositoryId, CancellationToken stop) => [.. (await database.ListAsync<string>("""
        select commit_id
        from repository_commit
        where repository_id = @repositoryId
        """, new { repositoryId }, stop)).Select(ObjectId.Parse)];

    public Task<IReadOnlyList<LinkRow>> LinksAsync(long repositoryId, CancellationToken stop) => database.ListAsync<LinkRow>("""
        select blob_link.digest, blob_link.linked_at, blob_link.first_path, blob.size_bytes
        from blob_link
        left join blob on blob.digest = blob_link.digest
        where blob_link.repository_id = @repositoryId
        """, new { repositoryId }, stop);

    public Task<IReadOnlyList<CommitRow>> CommitsAsync(long spaceId, CancellationToken stop) => database.ListAsync<CommitRow>("""
        select id, tree_id, title, body, author_name, author_email, authored_at, committed_at, generation, ancestors
        from git_commit
        where space_id = @spaceId
        """, new { spaceId }, stop);

    public async Task<ILookup<string, string>> ParentsAsync(long spaceId, CancellationToken stop) => (await database.ListAsync<EdgeRow>("""
        select id, parent_id
        from git_commit_parent
        where space_id = @spaceId
        order by id, ordinal
        """, new { spaceId }, stop)).ToLookup(edge => edge.Id, edge => edge.ParentId);

    public static async Task ForgetCommitsAsync(DbTransaction transaction, long spaceId, CancellationToken stop)
    {
        await transaction.ExecuteAsync("delete from git_commit_parent where space_id = @spaceId", new { spaceId }, stop);
        await transaction.ExecuteAsync("delete from git_commit where space_id = @spaceId", new { spaceId }, stop);
    }

    /// <summary>Removes objects that are still as old as they were when nothing led to them. Returns how many went.</summary>
    public static async Task<int> RemoveAsync(DbTransaction transaction, long spaceId, IReadOnlyCollection<ObjectId> ids, long storedBefore, CancellationToken stop)
    {
        var removed = 0;
        foreach (var slice in ids.Select(id => id.Hex).Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { spaceId, storedBefore });
            removed += await transaction.ExecuteAsync($"""
                delete from git_object
                where space_id = @spaceId
                  and stored_at < @storedBefore
                  and {Sql.In("id", slice, parameters)}
                """, parameters, stop);
        }
        return removed;
    }

    /// <summary>Removes commits from the columns, the edges and from what repositories answer for.</summary>
    public static async Task RemoveCommitsAsync(
        DbTransaction transaction, long spaceId, IReadOnlyCollection<long> repositories, IReadOnlyCollection<ObjectId> ids, CancellationToken stop)
    {
        foreach (var slice in ids.Select(id => id.Hex).Chunk(Sql.MaxInList))
        {
            foreach (var table in (string[])["git_commit", "git_commit_parent"])
            {
                var parameters = new DynamicParameters(new { spaceId });
                await transaction.ExecuteAsync($"delete from {table} where space_id = @spaceId and {Sql.In("id", slice, parameters)}", parameters, stop);
            }
            foreach (var repositoryId in repositories)
            {
                var parameters = new DynamicParameters(new { repositoryId });
                await transaction.ExecuteAsync($"""
                    delete from repository_commit
                    where repository_id = @repositoryId
                      and {Sql.In("commit_id", slice, parameters)}
                    """, parameters, stop);
            }
        }
    }

    public static async Task<int> RemoveLinksAsync(
        DbTransaction transaction, long repositoryId, IReadOnlyCollection<string> digests, long linkedBefore, CancellationToken stop)
    {
        var removed = 0;
        foreach (var slice in digests.Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { repositoryId, linkedBefore });
            removed += await transaction.ExecuteAsync($"""
                delete from blob_link
                where repository_id = @repositoryId
                  and linked_at < @linkedBefore
                  and {Sql.In("digest", slice, parameters)}
                """, parameters, stop);
        }
        return removed;
    }

    /// <summary>Removes what a space holds that no repository reads.</summary>
    public async Task<int> RemoveSpaceAsync(long spaceId, long storedBefore, CancellationToken stop) => await database.WriteAsync(async transaction =>
    {
        const string unused = "not exists (select 1 from repository where repository.space_id = @spaceId)";
        var removed = await transaction.ExecuteAsync($"""
            delete from git_object
            where space_id = @spaceId
              and stored_at < @storedBefore
              and {unused}
            """, new { spaceId, storedBefore }, stop);
        foreach (var table in (string[])["git_commit", "git_commit_parent"])
            await transaction.ExecuteAsync($"delete from {table} where space_id = @spaceId and {unused}", new { spaceId }, stop);
        return removed;
    }, stop);

    sealed record EdgeRow
    {
        public string Id { get; init; } = "";
        public string ParentId { get; init; } = "";
    }
}
