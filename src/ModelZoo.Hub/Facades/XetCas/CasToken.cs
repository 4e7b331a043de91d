using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>
/// What a token for the chunk store stands for: one repository, for reading or for writing, and who asked for it. It is sealed by
/// the hub and opaque to clients. It only names what to look up: whether its owner still may is asked again with every call.
/// </summary>
sealed record CasToken(bool MayWrite, long RepositoryId, long AccountId, long TokenId)
{
    public const string Prefix = "xet_";

    public static (string Text, DateTimeOffset Expires) Issue(ReadableRepository repository, bool mayWrite, UrlSigner signer, HubOptions options, TimeProvider time)
    {
        var expires = time.GetUtcNow().AddMinutes(options.Xet.TokenMinutes);
        var actor = repository.Actor;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"cas {(mayWrite ? "write" : "read")} {repository.Id} {actor.Account?.Id ?? 0} {actor.Credential?.TokenId ?? 0}");
        return (Prefix + signer.Seal(text, expires), expires);
    }

    /// <exception cref="Refusal">Not one of ours, or expired: clients then ask for a new one.</exception>
    public static CasToken Read(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) throw Refused("This address takes a token of a xet-read-token or xet-write-token address.");
        var secret = header[7..].Trim();
        var signer = http.RequestServices.GetRequiredService<UrlSigner>();
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal) || signer.Open(secret[Prefix.Length..]) is not var (text, isExpired)
            || text.Split(' ') is not ["cas", var scope, var repository, var account, var token]) throw Refused("This is not a token of this hub's chunk store.");
        if (isExpired) throw Refused("This token has expired; ask for a new one.");
        return new(scope == "write", Number(repository), Number(account), Number(token));
    }

    static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    static Refusal Refused(string message) => new(RefusalKind.Unauthenticated, message) { BadCredentials = true };
}

/// <summary>Endpoint metadata of the chunk store: who asks is whoever its token was given to, with the credential it was given for.</summary>
sealed class CasCredentials : IActorSource
{
    public async Task<Actor> IdentifyAsync(HttpContext http)
    {
        var token = CasToken.Read(http);
        http.Features.Set(token);
        var (services, stop) = (http.RequestServices, http.RequestAborted);
        if (token.AccountId == 0) return Actor.Nobody;
        if (token.TokenId != 0)
            return await services.GetRequiredService<TokenStore>().FindActorAsync(token.TokenId, stop) is { } actor && actor.Account!.Id == token.AccountId ? actor : throw Revoked();
        return await services.GetRequiredService<AccountStore>().FindAsync(token.AccountId, stop) is { DisabledAt: null } account
            ? new(account, new(CredentialRole.Session, null, "browser", account.CreatedAt))
            : throw Revoked();
    }

    static Refusal Revoked() => new(RefusalKind.Unauthenticated, "The credential that this token was given for does not hold any more.") { BadCredentials = true };
}

/// <summary>Proof that the caller of the chunk store may read the repository that its token names.</summary>
sealed record CasReader(ReadableRepository Repository, bool MayWrite)
{
    public Actor Actor => Repository.Actor;

    public static async ValueTask<CasReader?> BindAsync(HttpContext http)
    {
        var (token, repository) = await CasAccess.ProveAsync(http, AccessLevel.Read);
        return new(repository, token.MayWrite && repository is ContributingRepository);
    }
}

/// <summary>
/// Proof that the caller of the chunk store may send content for the repository that its token names, and that the token is for that. What is
/// sent is its sender's alone until a commit refers to it.
/// </summary>
sealed record CasWriter(ContributingRepository Repository)
{
    public Actor Actor => Repository.Actor;

    public Account Account => Repository.Author;

    public static async ValueTask<CasWriter?> BindAsync(HttpContext http)
    {
        if (http.Features.Get<CasToken>() is { MayWrite: false }) throw Refusal.Forbidden("This token is for reading.");
        return new((ContributingRepository)(await CasAccess.ProveAsync(http, AccessLevel.Contribute)).Repository);
    }
}

/// <summary>Asks the access policy again, with every call.</summary>
static class CasAccess
{
    public static async Task<(CasToken Token, ReadableRepository Repository)> ProveAsync(HttpContext http, AccessLevel needed)
    {
        var token = http.Features.Get<CasToken>() ?? throw new InvalidOperationException($"{http.GetEndpoint()} is not below the chunk store's routes.");
        var policy = http.RequestServices.GetRequiredService<AccessPolicy>();
        return (token, await policy.GetAsync(token.RepositoryId, http.Features.Get<Actor>() ?? Actor.Nobody, needed, http.RequestAborted));
    }
}
