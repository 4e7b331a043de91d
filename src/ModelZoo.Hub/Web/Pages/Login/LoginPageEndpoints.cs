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
        app.MapForm("/login", SignInAsync).WithMetadata(new Public("who signs in is nobody yet"));
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

    static async Task<IResult> SignInAsync(PostedForm form, HttpContext http, PageFrames frames, SignIn signIn, SessionStore sessions, CancellationToken stop)
    {
        var next = Next(form.Text("next"));
        try
        {
            var account = await signIn.TryAsync(form.Text("handle"), form.Raw("password"), http.Connection.RemoteIpAddress?.ToString() ?? "unknown", stop);
            if (account is null) return Page(next, form.State(errors: ("password", "That handle and password do not belong together.")), 401, http, frames);
            var key = await sessions.BeginAsync(account.Id, stop);
            var cookie = FormGuard.CookieOptions(http);
            cookie.MaxAge = SessionStore.Lifetime;
            http.Response.Cookies.Append(SessionStore.Cookie, key, cookie);
            return PageRouting.SeeOther(next ?? $"/{Uri.EscapeDataString(account.Handle)}", next is null ? "in" : null);
        }
        catch (Refusal refusal) when (refusal.Kind == RefusalKind.TooMany)
        {
            if (refusal.RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
            return Page(next, form.State(refusal.Message), 429, http, frames);
        }
    }

    static async Task<IResult> SignOutAsync(PostedForm form, HttpContext http, SessionStore sessions, CancellationToken stop)
    {
        _ = form;
        if (http.Request.Cookies[SessionStore.Cookie] is { Length: > 0 } key) await sessions.EndAsync(key, stop);
        http.Response.Cookies.Delete(SessionStore.Cookie, FormGuard.CookieOptions(http));
        return PageRouting.SeeOther("/", "out");
    }

    /// <summary>Only an address on this hub: an open redirect would lend our name to others.</summary>
    static string? Next(string? text) => Href.TryLocal(text, out var href) && href.Value.StartsWith('/') && href.Value is not ("/login" or "/logout") ? href.Value : null;
}
