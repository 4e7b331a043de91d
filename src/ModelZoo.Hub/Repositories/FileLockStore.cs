using Dapper;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>Somebody works on a file that cannot be merged, and asks the others not to change it (git lfs lock).</summary>
sealed record FileLock
{
    public long Id { get; init; }
    public string Path { get; init; } = "";
    public long AccountId { get; init; }
    public string Owner { get; init; } = "";
    public long LockedAt { get; init; }
}

/// <summary>The locks of a repository: at most one for a path, for all branches.</summary>
sealed class FileLockStore(HubDatabase database, TimeProvider time)
{
    const string Select = """
        select lfs_lock.id, lfs_lock.path, lfs_lock.account_id, account.handle as owner, lfs_lock.locked_at
        from lfs_lock
        join account on account.id = lfs_lock.account_id
        """;

    /// <returns>The lock, and whether it was made now; the other's, when there is one.</returns>
    public async Task<(FileLock Lock, bool IsNew)> AddAsync(long repositoryId, Account account, string path, CancellationToken stop)
    {
        var made = new FileLock { Id = Ids.Next(time), Path = path, AccountId = account.Id, Owner = account.Handle, LockedAt = time.NowMs() };
        while (true)
        {
            var added = await database.ExecuteAsync("""
                insert into lfs_lock (id, repository_id, account_id, path, locked_at)
                values (@Id, @repositoryId, @AccountId, @Path, @LockedAt)
                on conflict (repository_id, path) do nothing
                """, new { made.Id, repositoryId, made.AccountId, made.Path, made.LockedAt }, stop);
            if (added == 1) return (made, true);
            if (await ListAsync(repositoryId, path, null, 0, 1, stop) is [var found, ..]) return (found, false);
        }
    }

    /// <summary>In the order they were made, after an id; optionally of one path or one id.</summary>
    public Task<IReadOnlyList<FileLock>> ListAsync(long repositoryId, string? path, long? id, long after, int limit, CancellationToken stop) => database.ListAsync<FileLock>($"""
        {Select}
        where lfs_lock.repository_id = @repositoryId
          and lfs_lock.id > @after
          {(path is null ? "" : "and lfs_lock.path = @path")}
          {(id is null ? "" : "and lfs_lock.id = @id")}
        order by lfs_lock.id
        limit @limit
        """, new { repositoryId, path, id, after, limit }, stop);

    public Task<IReadOnlyList<FileLock>> ListOfOthersAsync(long repositoryId, long accountId, CancellationToken stop) => database.ListAsync<FileLock>($"""
        {Select}
        where lfs_lock.repository_id = @repositoryId
          and lfs_lock.account_id <> @accountId
        """, new { repositoryId, accountId }, stop);

    /// <summary>False when somebody removed it meanwhile.</summary>
    public async Task<bool> RemoveAsync(long repositoryId, long id, CancellationToken stop) => await database.ExecuteAsync("""
        delete from lfs_lock
        where repository_id = @repositoryId
          and id = @id
        """, new { repositoryId, id }, stop) == 1;
}
