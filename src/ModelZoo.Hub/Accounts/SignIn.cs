using Microsoft.AspNetCore.Identity;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>Checks passwords, slowly enough that guessing is hopeless and quickly enough that people do not notice.</summary>
sealed class SignIn(AccountStore accounts, AttemptStore attempts, AuditStore audit)
{
    public const int MinPasswordLength = 10;

    static readonly PasswordHasher<Account> s_hasher = new();

    /// <summary>Verified when the account is unknown, so that the time taken tells nothing.</summary>
    static readonly string s_decoy = s_hasher.HashPassword(new(), Secrets.NewText(20));

    public static string Hash(string password)
    {
        if (password.Length < MinPasswordLength) throw Refusal.Invalid($"A password must have at least {MinPasswordLength} characters.");
        if (password.Length > 500) throw Refusal.Invalid("A password may have at most 500 characters.");
        return s_hasher.HashPassword(new(), password);
    }

    /// <summary>The account, or null when handle and password do not belong together. Refuses (TooMany) after repeated failures.</summary>
    /// <param name="address">Where the attempt comes from; failures are counted by handle and by address.</param>
    public async Task<Account?> TryAsync(string handle, string password, string address, CancellationToken stop)
    {
        string[] subjects = [$"handle:{AccountStore.Key(handle)}", $"address:{address}"];
        await attempts.RefuseIfLockedAsync(subjects, stop);

        var account = handle.Length <= Handle.MaxLength ? await accounts.FindAsync(handle, stop) : null;
        var hash = account is { DisabledAt: null } ? await accounts.FindPasswordHashAsync(account.Id, stop) : null;
        var verdict = s_hasher.VerifyHashedPassword(new(), hash ?? s_decoy, password.Length > 500 ? "" : password);
        if (hash is null || verdict == PasswordVerificationResult.Failed)
        {
            await attempts.AddFailureAsync(subjects, stop);
            // People type passwords into the wrong field: a name that is no account is not written down.
            if (account is not null) await audit.AddAsync(AuditAction.SignInFailed, AuditStore.Account(account.Id), account.Handle, stop, account.Id);
            else await audit.AddAsync(AuditAction.SignInFailed, "account:unknown", "no such account", stop);
            return null;
        }
        await attempts.ForgetAsync(subjects[..1], stop);
        await audit.AddAsync(AuditAction.SignIn, AuditStore.Account(account!.Id), account.Handle, stop, account.Id);
        return account;
    }
}
