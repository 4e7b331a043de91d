using System.Data.Common;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>Accounts: found by handle or id, made, changed, disabled. All their SQL.</summary>
sealed class AccountStore(HubDatabase database, AuditStore audit, TimeProvider time)
{
    const string Columns = "id, handle, kind, full_name, email, administrator_since, created_at, disabled_at";

    public Task<Account?> FindAsync(string handle, CancellationToken stop) => database.FindAsync<Account>($"""
        select {Columns}
        from account
        where handle_key = @key
        """, new { key = Key(handle) }, stop);

    public Task<Account?> FindAsync(long id, CancellationToken stop) => database.FindAsync<Account>($"""
        select {Columns}
        from account
        where id = @id
        """, new { id }, stop);

    public Task<IReadOnlyList<Account>> ListAsync(CancellationToken stop) => database.ListAsync<Account>($"""
        select {Columns}
        from account
        order by handle_key
        """, null, stop);

    public async Task<bool> AnyAsync(CancellationToken stop) =>
        await database.FindAsync<long?>("select id from account limit 1", null, stop) is not null;

    /// <summary>Refuses a handle that is illegal, reserved or taken.</summary>
    public async Task<Account> CreateAsync(string handle, string fullName, string? email, string? passwordHash, bool administrator, CancellationToken stop)
    {
        if (!Handle.TryCheck(handle, out var problem)) throw Refusal.Invalid(problem);
        CheckText(fullName, 200, "A full name");
        if (email is not null) CheckText(email, 254, "An e-mail address");
        var account = new Account
        {
            Id = Ids.Next(time),
            Handle = handle,
            FullName = fullName.Length == 0 ? handle : fullName,
            Email = string.IsNullOrWhiteSpace(email) ? null : email.Trim(),
            AdministratorSince = administrator ? time.NowMs() : null,
            CreatedAt = time.NowMs(),
        };
        try
        {
            await database.WriteAsync(async transaction =>
            {
                await transaction.ExecuteAsync("""
                    insert into account (id, handle, handle_key, kind, full_name, email, password_hash, administrator_since, created_at)
                    values (@Id, @Handle, @key, @Kind, @FullName, @Email, @passwordHash, @AdministratorSince, @CreatedAt)
                    """,
                    new { account.Id, account.Handle, key = Key(handle), account.Kind, account.FullName, account.Email, passwordHash, account.AdministratorSince, account.CreatedAt },
                    stop);
                await audit.AddAsync(transaction, AuditAction.AccountMade, AuditStore.Account(account.Id), account.Handle, stop);
            }, stop);
        }
        catch (Exception error) when (database.IsUniqueViolation(error))
        {
            throw Refusal.Conflict($"The name '{handle}' is taken.");
        }
        return account;
    }

    public Task<string?> FindPasswordHashAsync(long id, CancellationToken stop) => database.FindAsync<string?>("""
        select password_hash
        from account
        where id = @id
        """, new { id }, stop);

    /// <summary>Sets the password and ends every browser session of the account.</summary>
    public Task SetPasswordHashAsync(long id, string passwordHash, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await transaction.ExecuteAsync("update account set password_hash = @passwordHash where id = @id", new { id, passwordHash }, stop);
        await transaction.ExecuteAsync("delete from session where account_id = @id", new { id }, stop);
        await audit.AddAsync(transaction, AuditAction.AccountPassword, AuditStore.Account(id), "password set", stop);
    }, stop);

    public Task SetProfileAsync(long id, string fullName, string? email, CancellationToken stop)
    {
        CheckText(fullName, 200, "A full name");
        if (email is not null) CheckText(email, 254, "An e-mail address");
        return database.ExecuteAsync("""
            update account
            set full_name = @fullName, email = @email
            where id = @id
            """, new { id, fullName, email = string.IsNullOrWhiteSpace(email) ? null : email.Trim() }, stop);
    }

    /// <exception cref="Refusal">Nobody would be left to administer the hub.</exception>
    public Task SetAdministratorAsync(long id, bool administrator, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await transaction.ExecuteAsync("""
            update account
            set administrator_since = @since
            where id = @id
            """, new { id, since = administrator ? time.NowMs() : (long?)null }, stop);
        await RequireAdministratorAsync(transaction, stop);
        await audit.AddAsync(transaction, AuditAction.AccountAdministrator, AuditStore.Account(id), administrator ? "made an administrator" : "no longer an administrator", stop);
    }, stop);

    /// <summary>A disabled account keeps what it owns; its tokens and sessions stop working at once.</summary>
    /// <exception cref="Refusal">Nobody would be left to administer the hub.</exception>
    public Task SetDisabledAsync(long id, bool disabled, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await transaction.ExecuteAsync("update account set disabled_at = @at where id = @id", new { id, at = disabled ? time.NowMs() : (long?)null }, stop);
        if (disabled) await transaction.ExecuteAsync("delete from session where account_id = @id", new { id }, stop);
        await RequireAdministratorAsync(transaction, stop);
        await audit.AddAsync(transaction, disabled ? AuditAction.AccountDisabled : AuditAction.AccountEnabled, AuditStore.Account(id), "", stop);
    }, stop);

    static async Task RequireAdministratorAsync(DbTransaction transaction, CancellationToken stop)
    {
        var left = await transaction.FindAsync<long?>("""
            select id
            from account
            where administrator_since is not null
              and disabled_at is null
            limit 1
            """, null, stop);
        if (left is null) throw Refusal.Conflict("The hub needs at least one administrator who can sign in.");
    }

    internal static string Key(string handle) => handle.ToLowerInvariant();

    static void CheckText(string text, int maxLength, string what)
    {
        if (text.Length > maxLength) throw Refusal.Invalid($"{what} may have at most {maxLength} characters.");
        if (text.Any(char.IsControl)) throw Refusal.Invalid($"{what} must not contain control characters.");
    }
}
