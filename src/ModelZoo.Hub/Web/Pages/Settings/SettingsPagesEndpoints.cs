using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web.Pages.Settings;

/// <summary>/settings and /settings/password: an account's own facts and its password.</summary>
static class SettingsPagesEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPage("/settings", (SignedIn me, HttpContext http, PageFrames frames) => Profile(me, FormState.Empty, 200, http, frames));
        app.MapForm("/settings", SaveProfileAsync);
        app.MapPage("/settings/password", (SignedIn me, HttpContext http, PageFrames frames) => { _ = me; return Password(FormState.Empty, 200, http, frames); });
        app.MapForm("/settings/password", ChangePasswordAsync);
    }

    static PageResult<ProfilePage> Profile(SignedIn me, FormState form, int status, HttpContext http, PageFrames frames) =>
        new(new ProfilePageModel(frames.For(http), me.Account.Handle, me.Account.FullName, me.Account.Email, form), status);

    static PageResult<PasswordPage> Password(FormState form, int status, HttpContext http, PageFrames frames) =>
        new(new PasswordPageModel(frames.For(http), SignIn.MinPasswordLength, false, form), status);

    static async Task<IResult> SaveProfileAsync(SignedIn me, PostedForm form, HttpContext http, PageFrames frames, AccountStore accounts, CancellationToken stop)
    {
        me.RequireWrite();
        try
        {
            await accounts.SetProfileAsync(me.Account.Id, form.Text("fullName") is { Length: > 0 } name ? name : me.Account.Handle, form.Text("email"), stop);
            return PageRouting.SeeOther("/settings", "saved");
        }
        catch (Refusal refusal)
        {
            return Profile(me, form.State(refusal.Message), RefusalStatus.Of(refusal.Kind), http, frames);
        }
    }

    static async Task<IResult> ChangePasswordAsync(
        SignedIn me, PostedForm form, HttpContext http, PageFrames frames, SignIn signIn, AccountStore accounts, BrowserSessions sessions, CancellationToken stop)
    {
        me.RequireWrite();
        try
        {
            if (form.Raw("password") != form.Raw("repeat")) return Password(form.State(errors: ("repeat", "The two are not the same.")), 400, http, frames);
            if (await signIn.TryAsync(me.Account.Handle, form.Raw("current"), RemoteAddress.Network(http), stop) is null)
                return Password(form.State(errors: ("current", "This is not your present password.")), 400, http, frames);
            await accounts.SetPasswordHashAsync(me.Account.Id, SignIn.Hash(form.Raw("password")), stop);
        }
        catch (Refusal refusal)
        {
            return Password(form.State(errors: ("password", refusal.Message)), RefusalStatus.Of(refusal.Kind), http, frames);
        }
        // Every session ended with the old password; this browser gets a new one.
        await sessions.SignInAsync(http, me.Account, stop);
        return PageRouting.SeeOther("/settings/password", "password");
    }
}
