using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

sealed record ProfileRequest(string? FullName, string? Email);

sealed record PasswordChangeRequest(string? OldPassword, string? NewPassword);

/// <summary>The caller's own account.</summary>
static class MeEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{ZooRoutes.Base}/me", (SignedIn me) => Results.Json(AccountAnswer.Of(me.Account)))
            .Describe<AccountAnswer>("getMe", "me", "Your account");
        app.MapPatch($"{ZooRoutes.Base}/me", SetProfileAsync)
            .Describe<AccountAnswer>("setProfile", "me", "Change your name or e-mail address; fields left out stay");
        app.MapPut($"{ZooRoutes.Base}/me/password", SetPasswordAsync).WithMetadata(new Limited(RateClass.SignIn))
            .Describe("changePassword", "me", "Change your password; needs the old one and ends your browser sessions");
    }

    static async Task<IResult> SetProfileAsync(ProfileRequest wanted, SignedIn me, AccountStore accounts, CancellationToken stop)
    {
        me.RequireWrite();
        await accounts.SetProfileAsync(me.Account.Id, wanted.FullName ?? me.Account.FullName, wanted.Email ?? me.Account.Email, stop);
        return Results.Json(AccountAnswer.Of((await accounts.FindAsync(me.Account.Id, stop))!));
    }

    static async Task<IResult> SetPasswordAsync(PasswordChangeRequest wanted, SignedIn me, HttpContext http, SignIn passwords, AccountStore accounts, CancellationToken stop)
    {
        me.RequireWrite();
        if (await passwords.TryAsync(me.Account.Handle, wanted.OldPassword ?? "", RemoteAddress.Network(http), stop) is null)
            throw Refusal.Forbidden("The old password is not right.");
        await accounts.SetPasswordHashAsync(me.Account.Id, SignIn.Hash(wanted.NewPassword ?? ""), stop);
        return Results.NoContent();
    }
}
