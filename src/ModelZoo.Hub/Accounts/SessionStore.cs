using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>Browser sessions: a random cookie, stored as a hash, so any node can check it and any node can end it.</summary>
sealed class SessionStore(HubDatabase database, TimeProvider time)
{
    public const string Cookie = "modelzoo_session";

    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    /// <returns>The cookie's value.</returns>
    public async Task<string> BeginAsync(long accountId, CancellationToken stop)
    {
        var key = Secrets.NewText(43);
        var now = time.NowMs();
        await database.WriteAsync(async transaction =>
        {
            await transaction.ExecuteAsync("delete from session where expires_at < @now", new { now }, stop);
            await transaction.ExecuteAsync("""
                insert into session (key_hash, account_id, created_at, expires_at)
                values (@hash, @accountId, @now, @expires)
                """, new { hash = Secrets.Hash(key), accountId, now, expires = now + (long)Lifetime.TotalMilliseconds }, stop);
        }, stop);
        return key;
    }

    public Task EndAsync(string key, CancellationToken stop) =>
        database.ExecuteAsync("delete from session where key_hash = @hash", new { hash = Secrets.Hash(key) }, stop);

    public async Task<Actor?> FindActorAsync(string key, CancellationToken stop)
    {
        if (key.Length > 100) return null;
        var account = await database.FindAsync<Account>("""
            select account.id, account.handle, account.kind, account.full_name, account.email,
                   account.administrator_since, account.created_at, account.disabled_at
            from session
            join account on account.id = session.account_id
            where session.key_hash = @hash
              and session.expires_at > @now
              and account.disabled_at is null
            """, new { hash = Secrets.Hash(key), now = time.NowMs() }, stop);
        return account is null ? null : new(account, new(CredentialRole.Session, null, "browser", account.CreatedAt));
    }
}
