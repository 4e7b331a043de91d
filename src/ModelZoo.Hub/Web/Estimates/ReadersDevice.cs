using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>The device that a reader chose last, so that the next page speaks of it too. Not a secret and no identity: the id of a row in a public list.</summary>
static class ReadersDevice
{
    const string Cookie = "modelzoo_device";

    public static string? Find(HttpContext http) => http.Request.Cookies[Cookie] is { Length: > 0 and <= 100 } id ? id : null;

    public static void Remember(HttpContext http, string id)
    {
        if (Find(http) == id) return;
        http.Response.Cookies.Append(Cookie, id, new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, MaxAge = TimeSpan.FromDays(365), Path = "/", IsEssential = true });
    }
}
