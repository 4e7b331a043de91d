using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Community;

/// <summary>An account that likes a repository.</summary>
sealed record Liker(long AccountId, string Handle, string FullName, string Kind, long LikedAt);

/// <summary>A repository that an account likes.</summary>
sealed record Like(long RepositoryId, long LikedAt);

/// <summary>Who likes what. All its SQL.</summary>
sealed class LikeStore(HubDatabase database, TimeProvider time)
{
    /// <summary>True when it was not liked before.</summary>
    public Task<bool> AddAsync(long repositoryId, long accountId, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var added = await transaction.ExecuteAsync("""
            insert into repository_like (repository_id, account_id, liked_at)
            values (@repositoryId, @accountId, @now)
            on conflict (repository_id, account_id) do nothing
            """, new { repositoryId, accountId, now = time.NowMs() }, stop);
        if (added == 0) return false;
        await transaction.ExecuteAsync("update repository set likes = likes + 1 where id = @repositoryId", new { repositoryId }, stop);
        await RepositoryStore.MarkChangedAsync(transaction, repositoryId, stop);
        return true;
    }, stop);

    /// <summary>True when it was liked before.</summary>
    public Task<bool> RemoveAsync(long repositoryId, long accountId, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var removed = await transaction.ExecuteAsync("""
            delete from repository_like
            where repository_id = @repositoryId
              and account_id = @accountId
            """, new { repositoryId, accountId }, stop);
        if (removed == 0) return false;
        await transaction.ExecuteAsync("update repository set likes = likes - 1 where id = @repositoryId", new { repositoryId }, stop);
        await RepositoryStore.MarkChangedAsync(transaction, repositoryId, stop);
        return true;
    }, stop);

    /// <summary>Likes of the last seven days: what "trending" means here, in lists and alone.</summary>
    public Task<long> CountOfWeekAsync(long repositoryId, CancellationToken stop) => database.FindAsync<long>("""
        select count(*)
        from repository_like
        where repository_id = @repositoryId
          and liked_at > @since
        """, new { repositoryId, since = time.NowMs() - (7L * 86_400_000) }, stop);

    public async Task<bool> IsLikedAsync(long repositoryId, long accountId, CancellationToken stop) => await database.FindAsync<long?>("""
        select liked_at
        from repository_like
        where repository_id = @repositoryId
          and account_id = @accountId
        """, new { repositoryId, accountId }, stop) is not null;

    /// <summary>In the order in which accounts were made, after one of them.</summary>
    public Task<IReadOnlyList<Liker>> ListLikersAsync(long repositoryId, long afterAccountId, int limit, CancellationToken stop) => database.ListAsync<Liker>("""
        select repository_like.account_id, account.handle, account.full_name, account.kind, repository_like.liked_at
        from repository_like
        join account on account.id = repository_like.account_id
        where repository_like.repository_id = @repositoryId
          and repository_like.account_id > @afterAccountId
        order by repository_like.account_id
        limit @limit
        """, new { repositoryId, afterAccountId, limit }, stop);

    /// <summary>All likes of an account, newest first.</summary>
    public Task<IReadOnlyList<Like>> ListLikesAsync(long accountId, CancellationToken stop) => database.ListAsync<Like>("""
        select repository_id, liked_at
        from repository_like
        where account_id = @accountId
        order by liked_at desc, repository_id desc
        """, new { accountId }, stop);
}
