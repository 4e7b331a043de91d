using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Accounts;

/// <summary>How far a credential reaches, whatever its account may do.</summary>
enum CredentialRole { Read, Write, FineGrained, Session }

/// <summary>What proved the account: a browser session or an access token.</summary>
sealed record Credential(CredentialRole Role, long? TokenId, string Name, long CreatedAt)
{
    /// <summary>Repositories a fine-grained token may touch; true means write.</summary>
    public IReadOnlyDictionary<long, bool> Grants { get; init; } = new Dictionary<long, bool>();
}

/// <summary>Who is making this request: an account with a credential, or nobody.</summary>
sealed record Actor(Account? Account, Credential? Credential)
{
    public static readonly Actor Nobody = new(null, null);

    public bool IsNobody => Account is null;

    /// <summary>True for whoever may run the hub: an administrator whose credential is not limited to reading or to some repositories.</summary>
    public bool IsAdministrator => Account is { IsAdministrator: true } && MayWriteAnywhere;

    /// <summary>True when the credential itself stands in no way of writing.</summary>
    public bool MayWriteAnywhere => Credential is { Role: CredentialRole.Write or CredentialRole.Session };

    public bool CredentialAllowsRead(long repositoryId) =>
        Credential is null || Credential.Role != CredentialRole.FineGrained || Credential.Grants.ContainsKey(repositoryId);

    public bool CredentialAllowsWrite(long repositoryId) => MayWriteAnywhere
        || (Credential is { Role: CredentialRole.FineGrained } && Credential.Grants.GetValueOrDefault(repositoryId));

    /// <summary>Lets endpoints take an Actor as a parameter; <see cref="ActorIdentification"/> has put it there.</summary>
    public static ValueTask<Actor?> BindAsync(HttpContext http) => ValueTask.FromResult(http.Features.Get<Actor>());
}

/// <summary>An actor who is somebody. An endpoint that takes it refuses strangers with 401.</summary>
sealed record SignedIn(Account Account, Credential Credential)
{
    public static ValueTask<SignedIn?> BindAsync(HttpContext http) => http.Features.Get<Actor>() is { Account: { } account, Credential: { } credential }
        ? ValueTask.FromResult<SignedIn?>(new(account, credential))
        : throw new Kernel.Refusal(Kernel.RefusalKind.Unauthenticated, "Invalid username or password.");

    public Actor Actor => new(Account, Credential);

    /// <summary>Refuses a credential that may only read.</summary>
    public void RequireWrite()
    {
        if (!Actor.MayWriteAnywhere) throw Kernel.Refusal.Forbidden("This token may not do that: it needs the write role.");
    }
}

/// <summary>An administrator of the hub, with a credential that may write. An endpoint that takes it refuses everybody else.</summary>
sealed record Administrator(Account Account)
{
    public static async ValueTask<Administrator?> BindAsync(HttpContext http)
    {
        var signedIn = await SignedIn.BindAsync(http);
        return signedIn!.Actor.IsAdministrator
            ? new(signedIn.Account)
            : throw Kernel.Refusal.Forbidden("Only an administrator of this hub may do that.");
    }
}
