using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Who am I, and the calls that clients make at start-up and that need only be harmless.</summary>
static class IdentityEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var harmless = new Public("tells nothing and changes nothing");
        app.MapGet("/api/whoami-v2", (SignedIn me) => Results.Json(WhoAmI(me)));
        app.MapGet("/api/agent-harnesses", () => Results.Json(new { standardEnvVars = Array.Empty<string>(), harnesses = new { } })).WithMetadata(harmless);
        app.MapMethods("/api/telemetry/{**path}", ["HEAD", "GET"], () => Results.Ok()).WithMetadata(harmless);
    }

    static object WhoAmI(SignedIn me) => new
    {
        type = "user",
        id = Ids.ToWire(me.Account.Id),
        name = me.Account.Handle,
        fullname = me.Account.FullName,
        email = me.Account.Email,
        emailVerified = me.Account.Email is not null,
        canPay = false,
        isPro = false,
        isAdmin = me.Account.IsAdministrator,
        periodEnd = (long?)null,
        billingMode = "prepaid",
        avatarUrl = "/assets/account.svg",
        orgs = Array.Empty<object>(),
        auth = new
        {
            type = "access_token",
            accessToken = new
            {
                displayName = me.Credential.Name,
                role = TokenStore.ToWord(me.Credential.Role),
                createdAt = Clock.Iso(me.Credential.CreatedAt),
            },
        },
    };
}
