using System.Data.Common;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Repositories;

/// <summary>Copies the rows that make a repository out of another's: names and rights, never content. All its SQL.</summary>
sealed class ForkStore(HubDatabase database, TimeProvider time)
{
    /// <summary>
    /// Gives the fork the branches and tags of its origin, the commits that they lead to, the right to the origin's blobs,
    /// and what is known of each path. The caller holds the origin's references.
    /// </summary>
    public async Task CopyAsync(DbTransaction transaction, long originId, Repository fork, CancellationToken stop)
    {
        var values = new { originId, fork.Id, fork.SpaceId, now = time.GetUtcNow().ToUnixTimeMilliseconds() };
        await transaction.ExecuteAsync("update repository set forked_from_id = @originId where id = @Id", values, stop);
        await transaction.ExecuteAsync("""
            insert into reference (repository_id, name, target_id, commit_id, created_at, moved_at)
            select @Id, name, target_id, commit_id, @now, @now
            from reference
            where repository_id = @originId
              and (name like 'refs/heads/%' or name like 'refs/tags/%')
            """, values, stop);
        // Not what the origin once recorded and dropped: only what these references lead to.
        await transaction.ExecuteAsync("""
            insert into repository_commit (repository_id, commit_id)
            with recursive history (id) as (
                select commit_id from reference where repository_id = @Id
                union
                select git_commit_parent.parent_id
                from git_commit_parent
                join history on history.id = git_commit_parent.id
                where git_commit_parent.space_id = @SpaceId
            )
            select @Id, id from history
            """, values, stop);
        await transaction.ExecuteAsync("""
            insert into blob_link (repository_id, digest, linked_at, first_path, first_reference)
            select @Id, digest, @now, first_path, first_reference
            from blob_link
            where repository_id = @originId
            """, values, stop);
        await transaction.ExecuteAsync("""
            insert into last_change (repository_id, path, commit_id)
            select @Id, path, commit_id
            from last_change
            where repository_id = @originId
            """, values, stop);
    }

    /// <summary>What a repository was forked from; null when it is no fork or its origin is gone.</summary>
    public Task<long?> FindOriginIdAsync(long repositoryId, CancellationToken stop) => database.FindAsync<long?>("""
        select origin.id
        from repository
        join repository as origin on origin.id = repository.forked_from_id
        where repository.id = @repositoryId
        """, new { repositoryId }, stop);

    /// <summary>The repositories that read a space of objects: whoever removes from it must have asked them all.</summary>
    public static Task<IReadOnlyList<long>> ReadersAsync(DbTransaction transaction, long spaceId, CancellationToken stop) => transaction.ListAsync<long>("""
        select id
        from repository
        where space_id = @spaceId
        order by id
        """, new { spaceId }, stop);
}
