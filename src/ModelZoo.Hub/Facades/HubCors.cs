using Microsoft.AspNetCore.Cors.Infrastructure;

namespace ModelZoo.Hub.Facades;

/// <summary>Lets browser code of other origins use the API: without cookies, so it can do only what its token can.</summary>
static class HubCors
{
    static readonly string[] s_exposed =
    [
        "X-Repo-Commit", "X-Request-Id", "X-Error-Code", "X-Error-Message", "X-Total-Count", "ETag", "Link", "Accept-Ranges", "Content-Range",
        "X-Linked-Etag", "X-Linked-Size", "X-Xet-Hash", "X-Xet-Refresh-Route", "X-Xet-Cas-Url", "X-Xet-Access-Token", "X-Xet-Token-Expiration",
    ];

    public static void Policy(CorsPolicyBuilder policy) => policy
        .AllowAnyOrigin()
        .AllowAnyMethod()
        .WithHeaders("authorization", "content-type", "range", "accept", "if-none-match", "x-xet-session-id", "x-request-id", "x-amzn-trace-id")
        .WithExposedHeaders(s_exposed)
        .SetPreflightMaxAge(TimeSpan.FromHours(1));
}
