using System.Security.Cryptography;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>A program that waits for a person to let it sign in.</summary>
sealed record DeviceLogin
{
    public string UserCode { get; init; } = "";

    /// <summary>What the program calls itself. Nothing proves it.</summary>
    public string ClientId { get; init; } = "";
    public long CreatedAt { get; init; }
    public long ExpiresAt { get; init; }
}

/// <summary>What a program that waits is told.</summary>
abstract record DevicePoll
{
    public sealed record Pending : DevicePoll;
    public sealed record SlowDown : DevicePoll;
    public sealed record Expired : DevicePoll;
    public sealed record Denied : DevicePoll;
    public sealed record Granted(string Secret, TimeSpan Lifetime) : DevicePoll;
}

/// <summary>
/// Sign-in of programs without a browser (RFC 8628): the program shows a short code, a person types it into a page where
/// they are signed in, and the program, which kept asking, gets a token. All their SQL.
/// </summary>
sealed class DeviceLoginStore(HubDatabase database, TokenStore tokens, AccountStore accounts, AuditStore audit, TimeProvider time)
{
    /// <summary>How long a code may be typed in.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>Seconds between two questions of a program; RFC 8628, 3.2 takes 5 where nothing is said.</summary>
    public const int IntervalSeconds = 5;

    /// <summary>A token made this way can be replaced by a new login at any time, so it need not live for ever.</summary>
    public static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(180);

    /// <summary>Letters that are hard to mistake and spell no words: RFC 8628, 6.1.</summary>
    const string CodeLetters = "BCDFGHJKLMNPQRSTVWXZ";

    /// <returns>The secret that the program asks with, and the code that the person types.</returns>
    public async Task<(string DeviceCode, string UserCode)> BeginAsync(string clientId, CancellationToken stop)
    {
        if (clientId.Length is 0 or > 100 || clientId.Any(c => c is <= ' ' or >= '\u007f')) throw Refusal.Invalid("client_id must have 1 to 100 visible ASCII characters.");
        var now = time.NowMs();
        for (; ; )
        {
            var (deviceCode, letters) = (Secrets.NewText(43), RandomNumberGenerator.GetString(CodeLetters, 8));
            var userCode = $"{letters[..4]}-{letters[4..]}";
            try
            {
                await database.WriteAsync(async transaction =>
                {
                    await transaction.ExecuteAsync("delete from device_login where expires_at < @old", new { old = now - (long)TimeSpan.FromDays(1).TotalMilliseconds }, stop);
                    await transaction.ExecuteAsync("""
                        insert into device_login (device_code_hash, user_code, client_id, created_at, expires_at)
                        values (@hash, @userCode, @clientId, @now, @expires)
                        """, new { hash = Secrets.Hash(deviceCode), userCode, clientId, now, expires = now + (long)Lifetime.TotalMilliseconds }, stop);
                }, stop);
                return (deviceCode, userCode);
            }
            catch (Exception error) when (database.IsUniqueViolation(error))
            {
                // One in 25 thousand million: draw again.
            }
        }
    }

    /// <summary>The program that shows this code and still waits; null when the code is wrong, old or answered.</summary>
    public Task<DeviceLogin?> FindByUserCodeAsync(string typed, CancellationToken stop) => database.FindAsync<DeviceLogin>("""
        select user_code, client_id, created_at, expires_at
        from device_login
        where user_code = @code
          and expires_at > @now
          and account_id is null
          and denied_at is null
        """, new { code = Normal(typed), now = time.NowMs() }, stop);

    /// <summary>Lets the program sign in as the account. False when nothing waits under this code.</summary>
    public Task<bool> ApproveAsync(string typed, Account account, CancellationToken stop) =>
        AnswerAsync(typed, account, AuditAction.DeviceApproved, "account_id = @account", stop);

    /// <summary>Sends the program away. False when nothing waits under this code.</summary>
    public Task<bool> DenyAsync(string typed, Account account, CancellationToken stop) =>
        AnswerAsync(typed, account, AuditAction.DeviceDenied, "denied_at = @now", stop);

    /// <summary>What the program that holds this secret is told now; an approval is handed out once.</summary>
    public async Task<DevicePoll> PollAsync(string deviceCode, string clientId, CancellationToken stop)
    {
        var (hash, now) = (Secrets.Hash(deviceCode), time.NowMs());
        var row = deviceCode.Length > 100 ? null : await database.FindAsync<Row>("""
            select client_id, user_code, account_id, expires_at, polled_at, denied_at, redeemed_at
            from device_login
            where device_code_hash = @hash
            """, new { hash }, stop);
        if (row is null || row.ClientId != clientId || row.RedeemedAt is not null || row.ExpiresAt <= now) return new DevicePoll.Expired();
        if (row.DeniedAt is not null) return new DevicePoll.Denied();
        if (row.AccountId is not { } accountId)
        {
            await database.ExecuteAsync("update device_login set polled_at = @now where device_code_hash = @hash", new { hash, now }, stop);
            // A second of slack: the network is not that even.
            return now - row.PolledAt < (IntervalSeconds - 1) * 1000 ? new DevicePoll.SlowDown() : new DevicePoll.Pending();
        }
        if (await accounts.FindAsync(accountId, stop) is not { DisabledAt: null }) return new DevicePoll.Denied();
        var redeemed = await database.ExecuteAsync("""
            update device_login
            set redeemed_at = @now
            where device_code_hash = @hash
              and redeemed_at is null
            """, new { hash, now }, stop);
        if (redeemed == 0) return new DevicePoll.Expired();
        var (_, secret) = await tokens.CreateAsync(accountId, $"device login {row.UserCode}".TrimEnd(), CredentialRole.Write, [], time.GetUtcNow() + TokenLifetime, stop);
        return new DevicePoll.Granted(secret, TokenLifetime);
    }

    async Task<bool> AnswerAsync(string typed, Account account, string action, string assignment, CancellationToken stop) =>
        await database.WriteAsync(async transaction =>
        {
            var now = time.NowMs();
            var answered = await transaction.ExecuteAsync($"""
                update device_login
                set {assignment}
                where user_code = @code
                  and expires_at > @now
                  and account_id is null
                  and denied_at is null
                """, new { code = Normal(typed), now, account = account.Id }, stop);
            if (answered == 0) return false;
            await audit.AddAsync(transaction, action, AuditStore.Account(account.Id), $"code {Normal(typed)}", stop, account.Id);
            return true;
        }, stop);

    /// <summary>People type codes in lower case and without the dash.</summary>
    static string Normal(string typed)
    {
        var letters = new string([.. typed.Where(char.IsAsciiLetterOrDigit).Take(9)]).ToUpperInvariant();
        return letters.Length == 8 ? $"{letters[..4]}-{letters[4..]}" : letters;
    }

    sealed record Row
    {
        public string ClientId { get; init; } = "";
        public string UserCode { get; init; } = "";
        public long? AccountId { get; init; }
        public long ExpiresAt { get; init; }
        public long? PolledAt { get; init; }
        public long? DeniedAt { get; init; }
        public long? RedeemedAt { get; init; }
    }
}
