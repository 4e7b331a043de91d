using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Accounts;

/// <summary>Signs a browser in and out. The cookie is a random key that scripts cannot read and other sites' forms do not send.</summary>
sealed class BrowserSessions(SessionStore sessions)
{
    /// <summary>Begins a session of the account in this browser; one that was there before ends, so that no key outlives a sign-in.</summary>
    public async Task SignInAsync(HttpContext http, Account account, CancellationToken stop)
    {
        await EndAsync(http, stop);
        var key = await sessions.BeginAsync(account.Id, stop);
        http.Response.Cookies.Append(SessionStore.Cookie, key, CookieOptions(http, SessionStore.Lifetime));
    }

    public async Task SignOutAsync(HttpContext http, CancellationToken stop)
    {
        await EndAsync(http, stop);
        http.Response.Cookies.Delete(SessionStore.Cookie, CookieOptions(http));
    }

    public static CookieOptions CookieOptions(HttpContext http, TimeSpan? lifetime = null) => new()
    {
        HttpOnly = true, IsEssential = true, Path = "/", SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, MaxAge = lifetime,
    };

    async Task EndAsync(HttpContext http, CancellationToken stop)
    {
        if (http.Request.Cookies[SessionStore.Cookie] is { Length: > 0 and <= 100 } key) await sessions.EndAsync(key, stop);
    }
}
