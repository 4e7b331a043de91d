using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web.Pages.Login;

/// <summary>/login and /logout: a browser session begins and ends.</summary>
static class LoginPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicPage("/login", Show, "who signs in is nobody yet");
        app.MapForm("/login", SignInAsync).WithMetadata(new Public("who signs in is nobody yet"), new Limited(RateClass.SignIn));
        app.MapPublicPage("/logout", (HttpContext http, PageFrames frames) => new PageResult<LogoutPage>(new LogoutPageModel(frames.For(http))));
        app.MapForm("/logout", SignOutAsync).WithMetadata(new Public("signing out twice does no harm"));
    }

    static IResult Show(Actor actor, HttpContext http, PageFrames frames)
    {
        var next = Next(http.Request.Query["next"]);
        return actor.IsNobody ? Page(next, FormState.Empty, 200, http, frames) : PageRouting.SeeOther(next ?? "/");
    }

    static PageResult<LoginPage> Page(string? next, FormState form, int status, HttpContext http, PageFrames frames) =>
        new(new LoginPageModel(frames.For(http), next, form), status);

    static async Task<IResult> SignInAsync(PostedForm form, HttpContext http, PageFrames frames, SignIn signIn, BrowserSessions sessions, CancellationToken stop)
    {
        var next = Next(form.Text("next"));
        try
        {
            var account = await signIn.TryAsync(form.Text("handle"), form.Raw("password"), RemoteAddress.Network(http), stop);
            if (account is null) return Page(next, form.State(errors: ("password", "That handle and password do not belong together.")), 401, http, frames);
            await sessions.SignInAsync(http, account, stop);
            return PageRouting.SeeOther(next ?? $"/{Uri.EscapeDataString(account.Handle)}", next is null ? "in" : null);
        }
        catch (Refusal refusal) when (refusal.Kind == RefusalKind.TooMany)
        {
            if (refusal.RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
            return Page(next, form.State(refusal.Message), 429, http, frames);
        }
    }

    static async Task<IResult> SignOutAsync(PostedForm form, HttpContext http, BrowserSessions sessions, CancellationToken stop)
    {
        _ = form;
        await sessions.SignOutAsync(http, stop);
        return PageRouting.SeeOther("/", "out");
    }

    /// <summary>Only an address on this hub: an open redirect would lend our name to others.</summary>
    static string? Next(string? text) => Href.TryLocal(text, out var href) && href.Value.StartsWith('/') && href.Value is not ("/login" or "/logout") ? href.Value : null;
}
