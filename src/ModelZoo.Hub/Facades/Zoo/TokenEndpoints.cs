using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Name">To recognise it by.</param>
/// <param name="Role">read, write or fineGrained.</param>
/// <param name="Repositories">For fineGrained: "ada/vit", "datasets/ada/digits".</param>
/// <param name="Access">For fineGrained: read or write (write when absent).</param>
/// <param name="ExpiresInDays">1 to 3650; absent: never.</param>
sealed record NewTokenRequest(string? Name, string? Role, IReadOnlyList<string>? Repositories, string? Access, int? ExpiresInDays);

/// <param name="Token">The secret; shown this once.</param>
sealed record NewTokenAnswer(string Id, string Name, string Role, string Token, string? ExpiresAt);

/// <param name="Ending">The secret's last characters, to tell tokens apart.</param>
sealed record TokenAnswer(
    string Id, string Name, string Role, string Ending, IReadOnlyList<string>? Repositories, string? Access, string CreatedAt, string? LastUsedAt, string? ExpiresAt);

/// <summary>Access tokens of the caller.</summary>
static class TokenEndpoints
{
    const int MaxDays = 3650;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{ZooRoutes.Base}/tokens", ListAsync)
            .Describe<IReadOnlyList<TokenAnswer>>("listTokens", "tokens", "Your access tokens, without their secrets");
        app.MapPost($"{ZooRoutes.Base}/tokens", CreateAsync).WithMetadata(new PasswordAccepted(), new Limited(RateClass.SignIn))
            .Describe<NewTokenAnswer>("createToken", "tokens", "Make an access token; signs in with a write token, or with Basic handle:password");
        app.MapDelete($"{ZooRoutes.Base}/tokens/{{id}}", RevokeAsync)
            .Describe("revokeToken", "tokens", "Revoke an access token at once");
    }

    static async Task<IResult> CreateAsync(NewTokenRequest wanted, SignedIn me, TokenStore tokens, AccessPolicy policy, TimeProvider time, CancellationToken stop)
    {
        me.RequireWrite();
        var role = wanted.Role switch
        {
            "read" or null => CredentialRole.Read,
            "write" => CredentialRole.Write,
            "fineGrained" => CredentialRole.FineGrained,
            _ => throw Refusal.Invalid("\"role\" must be one of [read, write, fineGrained]."),
        };
        var write = wanted.Access switch
        {
            "write" or null => true,
            "read" => false,
            _ => throw Refusal.Invalid("\"access\" must be one of [read, write]."),
        };
        if (wanted.ExpiresInDays is < 1 or > MaxDays) throw Refusal.Invalid($"\"expiresInDays\" must be 1 to {MaxDays}.");
        if (role != CredentialRole.FineGrained && wanted.Repositories is { Count: > 0 }) throw Refusal.Invalid("\"repositories\" goes with the role fineGrained.");
        if (wanted.Repositories is { Count: > 1000 }) throw Refusal.Invalid("A fine-grained token must name 1 to 1,000 repositories.");
        var grants = new List<TokenGrant>();
        foreach (var name in wanted.Repositories ?? []) grants.Add(new((await GetAsync(name, me, policy, stop)).Id, write));

        DateTimeOffset? expires = wanted.ExpiresInDays is { } days ? time.GetUtcNow().AddDays(days) : null;
        var (token, secret) = await tokens.CreateAsync(me.Account.Id, wanted.Name ?? "", role, grants, expires, stop);
        return Results.Json(new NewTokenAnswer(Ids.ToWire(token.Id), token.Name, token.Role, secret, token.ExpiresAt is { } at ? Clock.Iso(at) : null));
    }

    static async Task<IResult> ListAsync(SignedIn me, TokenStore tokens, CancellationToken stop)
    {
        me.RequireWrite();
        var reach = (await tokens.ListReachAsync(me.Account.Id, stop)).ToLookup(r => r.TokenId);
        return Results.Json((await tokens.ListAsync(me.Account.Id, stop)).Select(token =>
        {
            var fine = token.Role == TokenStore.ToWord(CredentialRole.FineGrained);
            return new TokenAnswer(Ids.ToWire(token.Id), token.Name, token.Role, token.Hint, fine ? [.. reach[token.Id].Select(Name)] : null,
                fine ? reach[token.Id].FirstOrDefault()?.Access : null,
                Clock.Iso(token.CreatedAt), token.LastUsedAt is { } used ? Clock.Iso(used) : null, token.ExpiresAt is { } ends ? Clock.Iso(ends) : null);
        }));
    }

    static async Task<IResult> RevokeAsync(string id, SignedIn me, TokenStore tokens, CancellationToken stop)
    {
        // Any token may give itself up.
        if (!Ids.TryFromWire(id, out var tokenId) || tokenId != me.Credential.TokenId) me.RequireWrite();
        return tokenId != 0 && await tokens.RevokeAsync(me.Account.Id, tokenId, stop) ? Results.NoContent() : throw Refusal.NotFound("You have no such token.");
    }

    static string Name(TokenReach reach) => $"{(RepositoryKinds.TryParse(reach.Kind, out var kind) ? kind.AddressPrefix() : "")}{reach.Owner}/{reach.Name}";

    static async Task<ReadableRepository> GetAsync(string text, SignedIn me, AccessPolicy policy, CancellationToken stop)
    {
        var segments = text.Split('/');
        var (kind, rest) = segments.Length == 3 && RepositoryKinds.TryParse(segments[0], out var named) ? (named, segments[1..]) : (RepositoryKind.Model, segments);
        if (rest.Length != 2) throw Refusal.Invalid("A repository is named as \"owner/name\", with \"datasets/\" or \"spaces/\" before it for those.");
        return await policy.FindReadableAsync(kind, rest[0], rest[1], me.Actor, stop) ?? throw Refusal.NotFound("Repository not found");
    }
}
