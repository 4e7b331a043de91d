using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Web;

/// <summary>Headers of every page. Nothing inline runs, nothing is loaded from elsewhere, nobody frames us.</summary>
static class PageSecurity
{
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void Apply(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // A page depends on who asks for it, and carries a form token.
        headers.CacheControl = "private, no-cache";
        headers.Vary = "Cookie";
    }
}
