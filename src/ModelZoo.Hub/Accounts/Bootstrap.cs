using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>The first administrator of an empty hub, and how to sign in, said once.</summary>
sealed class Bootstrap(AccountStore accounts, TokenStore tokens)
{
    /// <summary>Not "admin": that is a page's address, and no account may be called like one.</summary>
    public const string StandardHandle = "keeper";

    public const string AdministratorVariable = "MODELZOO_BOOTSTRAP_ADMIN";
    public const string TokenVariable = "MODELZOO_BOOTSTRAP_TOKEN";
    public const string PasswordVariable = "MODELZOO_BOOTSTRAP_PASSWORD";

    /// <returns>Words for the operator, or null when the hub has accounts already.</returns>
    public async Task<string?> RunAsync(Func<string, string?> variable, CancellationToken stop)
    {
        if (await accounts.AnyAsync(stop)) return null;
        var handle = variable(AdministratorVariable) is { Length: > 0 } wanted ? wanted : StandardHandle;
        var token = variable(TokenVariable);
        if (token is { Length: > 0 } && !(token.StartsWith(TokenStore.Prefix, StringComparison.Ordinal) && token.Length >= 20))
            throw new InvalidOperationException($"{TokenVariable} must begin with {TokenStore.Prefix} and have at least 20 characters.");
        var given = variable(PasswordVariable);
        var password = given is { Length: > 0 } ? given : Secrets.NewText(20);
        Account account;
        try
        {
            account = await accounts.CreateAsync(handle, "", null, SignIn.Hash(password), administrator: true, stop);
        }
        catch (Refusal refusal) when (refusal.Kind == RefusalKind.Conflict)
        {
            return null;        // another node was first
        }
        if (token is { Length: > 0 }) await tokens.AddAsync(account.Id, "bootstrap", CredentialRole.Write, [], null, token, stop);
        return given is { Length: > 0 } || token is { Length: > 0 }
            ? $"Made the administrator '{handle}'."
            : $"Made the administrator '{handle}' with the password {password}  (shown only now: sign in and change it)";
    }
}
