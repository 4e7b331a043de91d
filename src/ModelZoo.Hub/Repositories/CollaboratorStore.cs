using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>An account that may do something to a repository it does not own.</summary>
sealed record CollaboratorRow
{
    public string Handle { get; init; } = "";

    /// <summary>read, write or administer.</summary>
    public string Access { get; init; } = "";
}

/// <summary>Who, beside the owner, may read, write or administer a repository. All their SQL.</summary>
sealed class CollaboratorStore(HubDatabase database, AuditStore audit, TimeProvider time)
{
    static readonly string[] s_access = ["read", "write", "administer"];

    public Task<IReadOnlyList<CollaboratorRow>> ListAsync(long repositoryId, CancellationToken stop) => database.ListAsync<CollaboratorRow>("""
        select account.handle, collaborator.access
        from collaborator
        join account on account.id = collaborator.account_id
        where collaborator.repository_id = @repositoryId
        order by account.handle_key
        """, new { repositoryId }, stop);

    public Task SetAsync(long repositoryId, Account account, string access, CancellationToken stop)
    {
        if (!s_access.Contains(access)) throw Refusal.Invalid($"Access must be one of {string.Join(", ", s_access)}.");
        return database.WriteAsync(async transaction =>
        {
            await transaction.ExecuteAsync("""
                insert into collaborator (repository_id, account_id, access, added_at)
                values (@repositoryId, @Id, @access, @now)
                on conflict (repository_id, account_id) do update set access = excluded.access
                """, new { repositoryId, account.Id, access, now = time.NowMs() }, stop);
            await audit.AddAsync(transaction, AuditAction.Collaborator, AuditStore.Repository(repositoryId), $"{account.Handle}: {access}", stop);
            await RepositoryStore.MarkChangedAsync(transaction, repositoryId, stop);
        }, stop);
    }

    public Task RemoveAsync(long repositoryId, long accountId, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var removed = await transaction.ExecuteAsync("""
            delete from collaborator
            where repository_id = @repositoryId
              and account_id = @accountId
            """, new { repositoryId, accountId }, stop);
        if (removed == 0) return;
        var handle = await transaction.FindAsync<string>("select handle from account where id = @accountId", new { accountId }, stop);
        await audit.AddAsync(transaction, AuditAction.Collaborator, AuditStore.Repository(repositoryId), $"{handle}: none", stop);
        await RepositoryStore.MarkChangedAsync(transaction, repositoryId, stop);
    }, stop);
}
