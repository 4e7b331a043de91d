using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web;

/// <summary>
/// Proves that a form was made by one of our pages for this browser. The field is a hash over a cookie of its own and the
/// session's secret, neither of which another site can read, so it needs no state and holds on every node.
/// </summary>
static class FormGuard
{
    public const string Field = "form-token";
    const string Cookie = "modelzoo_form";

    /// <summary>The hidden field for this browser; sets the cookie behind it when there is none.</summary>
    public static AntiforgeryField For(HttpContext http)
    {
        var seed = http.Request.Cookies[Cookie];
        if (seed is not { Length: 32 })
        {
            seed = http.Items[Cookie] as string ?? Secrets.NewText(32);
            http.Items[Cookie] = seed;
            if (!http.Response.HasStarted) http.Response.Cookies.Append(Cookie, seed, CookieOptions(http));
        }
        return new(Field, Token(http, seed));
    }

    /// <exception cref="Refusal">The form does not come from one of our pages.</exception>
    public static void Check(HttpContext http, string? token)
    {
        // Browsers say where a request comes from; those that do not still need the token.
        var site = http.Request.Headers["Sec-Fetch-Site"].ToString();
        var seed = http.Request.Cookies[Cookie];
        var valid = site is "" or "same-origin" or "none" && seed is { Length: 32 } && token is not null
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Token(http, seed)), Encoding.UTF8.GetBytes(token));
        if (!valid) throw Refusal.Forbidden("This form is too old or was not made by this hub. Go back, load the page again and send it once more.");
    }

    public static CookieOptions CookieOptions(HttpContext http) => new()
    {
        HttpOnly = true, IsEssential = true, Path = "/", SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps,
    };

    static string Token(HttpContext http, string seed) => Secrets.Hash($"form\n{seed}\n{http.Request.Cookies[SessionStore.Cookie]}");
}
