using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Settings;

/// <summary>/settings/tokens: made, shown once, listed, revoked.</summary>
static class TokensPageEndpoints
{
    const int MaxListed = 200;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPage("/settings/tokens", async (SignedIn me, HttpContext http, TokensPageLoader page, CancellationToken stop) =>
        {
            // A token that is limited has no business with the others.
            me.RequireWrite();
            return (IResult)new PageResult<TokensPage>(await page.LoadAsync(me, FormState.Empty, http, stop));
        });
        app.MapForm("/settings/tokens", CreateAsync);
        app.MapForm("/settings/tokens/revoke", RevokeAsync);
    }

    static async Task<IResult> CreateAsync(
        SignedIn me, PostedForm form, HttpContext http, TokensPageLoader page, TokenStore tokens, AccessPolicy policy, TimeProvider time, CancellationToken stop)
    {
        me.RequireWrite();
        string? field = null;
        try
        {
            var role = form.Text("role") switch
            {
                "read" => CredentialRole.Read,
                "write" => CredentialRole.Write,
                "fine-grained" => CredentialRole.FineGrained,
                _ => throw Refusal.Invalid("Choose what the token may do."),
            };
            DateTimeOffset? expires = form.Text("expires") is "never" ? null
                : int.TryParse(form.Text("expires"), out var days) && days is > 0 and <= 3_650 ? time.GetUtcNow().AddDays(days)
                : throw Refusal.Invalid("Choose when the token expires.");
            field = "repositories";
            var grants = role == CredentialRole.FineGrained ? await GrantsAsync(form.Raw("repositories"), me, policy, stop) : [];
            if (role != CredentialRole.FineGrained || grants.Count > 0) field = "name";
            var (_, secret) = await tokens.CreateAsync(me.Account.Id, form.Text("name"), role, grants, expires, stop);
            // Shown as the answer to the form itself: a redirect would have to carry the secret in an address.
            return new PageResult<TokensPage>(await page.LoadAsync(me, FormState.Empty, http, stop) with { NewToken = secret }, StatusCodes.Status201Created);
        }
        catch (Refusal refusal)
        {
            return new PageResult<TokensPage>(await page.LoadAsync(me, field is null ? form.State(refusal.Message) : form.State(errors: (field, refusal.Message)), http, stop), RefusalStatus.Of(refusal.Kind));
        }
    }

    static async Task<IResult> RevokeAsync(SignedIn me, PostedForm form, TokenStore tokens, CancellationToken stop)
    {
        me.RequireWrite();
        if (!long.TryParse(form.Text("id"), out var id) || !await tokens.RevokeAsync(me.Account.Id, id, stop)) throw Refusal.NotFound("You have no such token.");
        return PageRouting.SeeOther("/settings/tokens", "revoked");
    }

    /// <summary>"write ada/vit" or "read datasets/ada/birds", one a line.</summary>
    static async Task<IReadOnlyList<TokenGrant>> GrantsAsync(string text, SignedIn me, AccessPolicy policy, CancellationToken stop)
    {
        var grants = new List<TokenGrant>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (grants.Count >= MaxListed) throw Refusal.Invalid($"A token may name at most {MaxListed} repositories here.");
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var (right, id) = words.Length == 2 ? (words[0], words[1]) : ("read", words[^1]);
            var segments = id.Split('/');
            var kind = RepositoryKind.Model;
            if (right is not ("read" or "write") || words.Length > 2 || segments.Length is < 2 or > 3 || (segments.Length == 3 && !RepositoryKinds.TryParse(segments[0], out kind)))
                throw Refusal.Invalid($"'{line}' is not understood. Write the right and the repository: write ada/vit");
            var found = await policy.FindReadableAsync(kind, segments[^2], segments[^1], me.Actor, stop)
                ?? throw Refusal.Invalid($"There is no repository '{id}' that you may see.");
            grants.Add(new(found.Id, right == "write"));
        }
        return grants;
    }
}

/// <summary>Loads the tokens page.</summary>
sealed class TokensPageLoader(PageFrames frames, TokenStore tokens, RepositoryStore repositories)
{
    public async Task<TokensPageModel> LoadAsync(SignedIn me, FormState form, HttpContext http, CancellationToken stop) => new(frames.For(http), form)
    {
        Tokens = [.. (await tokens.ListAsync(me.Account.Id, stop)).Select(Line)],
        Repositories = [.. (await repositories.ListOwnedAsync(me.Account.Id, stop)).Take(200).Select(r => $"{r.Kind.AddressPrefix()}{r.FullName}")],
    };

    static TokenLine Line(AccessToken token) => new(token.Id.ToString(), token.Name, token.Role == "fineGrained" ? "fine-grained" : token.Role, token.Hint, At(token.CreatedAt)!.Value)
    {
        LastUsedAt = At(token.LastUsedAt),
        ExpiresAt = At(token.ExpiresAt),
    };

    static DateTimeOffset? At(long? unixMs) => unixMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}
