using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Facades;

/// <summary>What every answer says to browsers unless its endpoint knows better: take the type as stated, load and run nothing, frame nothing.</summary>
sealed class SecurityHeaders(RequestDelegate next)
{
    public static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy", "X-Frame-Options",
    };

    public Task InvokeAsync(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        return next(http);
    }
}
