using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>
/// Proof that a change which rests on the browser's cookie was asked for by one of our own pages: a hash over a cookie of
/// its own and the session's key, neither of which another site can read. It needs no state and no keys, so every node and
/// every restart accepts it. Forms carry it in a field, scripts in a header.
/// </summary>
static class FormToken
{
    public const string Header = "X-Form-Token";
    public const string Cookie = "modelzoo_form";
    const int SeedLength = 32;

    /// <summary>The proof for this browser; sets the cookie behind it when there is none.</summary>
    public static string For(HttpContext http)
    {
        var seed = http.Request.Cookies[Cookie];
        if (seed is not { Length: SeedLength })
        {
            seed = http.Items[Cookie] as string ?? Secrets.NewText(SeedLength);
            http.Items[Cookie] = seed;
            if (!http.Response.HasStarted) http.Response.Cookies.Append(Cookie, seed, BrowserSessions.CookieOptions(http));
        }
        return Hash(seed, http.Request.Cookies[SessionStore.Cookie]);
    }

    public static bool IsValid(HttpContext http, string? token)
    {
        // Browsers say where a request comes from; those that do not still need the token.
        var site = http.Request.Headers["Sec-Fetch-Site"].ToString();
        return site is "" or "same-origin" or "none"
            && http.Request.Cookies[Cookie] is { Length: SeedLength } seed
            && token is not null
            && CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(Hash(seed, http.Request.Cookies[SessionStore.Cookie])), Encoding.UTF8.GetBytes(token));
    }

    /// <exception cref="Refusal">The request does not come from one of our pages.</exception>
    public static void Check(HttpContext http, string? token)
    {
        if (!IsValid(http, token))
            throw Refusal.Forbidden($"A change that rests on a browser session needs the form token of a page of this hub ({Header}). Programs use an access token instead.");
    }

    static string Hash(string seed, string? session) => Secrets.Hash($"form\n{seed}\n{session}");
}
