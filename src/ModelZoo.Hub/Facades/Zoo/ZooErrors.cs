using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Says a refusal as application/problem+json (RFC 9457), the dialect of the hub's own API.</summary>
static class ZooErrors
{
    public const string MediaType = "application/problem+json";

    public static readonly Dialect Dialect = new(WriteAsync);

    static Task WriteAsync(HttpContext http, Refusal refusal)
    {
        var (status, title) = Status(refusal.Kind);
        http.Response.StatusCode = status;
        http.Response.ContentType = MediaType;
        if (refusal.RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        if (status == 401) http.Response.Headers.WWWAuthenticate = "Bearer";
        var problem = new JsonObject { ["title"] = title, ["status"] = status, ["detail"] = refusal.Message, ["requestId"] = http.TraceIdentifier };
        if (refusal.Findings.Count > 0) problem["errors"] = new JsonArray([.. refusal.Findings.Select(finding => JsonValue.Create(finding))]);
        return http.Response.WriteAsync(problem.ToJsonString());
    }

    internal static (int Status, string Title) Status(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => (400, "The request is wrong"),
        RefusalKind.Unauthenticated => (401, "Sign in first"),
        RefusalKind.Forbidden => (403, "Not allowed"),
        RefusalKind.NotFound => (404, "Not found"),
        RefusalKind.NotSupported => (405, "Not possible here"),
        RefusalKind.TimedOut => (408, "Too slow"),
        RefusalKind.Conflict => (409, "Something stands in the way"),
        RefusalKind.Stale => (412, "Changed in the meantime"),
        RefusalKind.TooLarge => (413, "Too large"),
        RefusalKind.RangeNotSatisfiable => (416, "No such range"),
        RefusalKind.Unprocessable => (422, "Cannot be stored as it is"),
        RefusalKind.TooMany => (429, "Too many requests"),
        RefusalKind.Fault => (500, "The hub made an error"),
        RefusalKind.Unavailable => (503, "Not possible now"),
        _ => throw new UnreachableException($"{kind}"),
    };
}
