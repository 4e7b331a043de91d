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
        var (status, title) = (RefusalStatus.Of(refusal.Kind), Title(refusal.Kind));
        http.Response.StatusCode = status;
        http.Response.ContentType = MediaType;
        if (refusal.RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        if (status == 401) http.Response.Headers.WWWAuthenticate = "Bearer";
        var problem = new JsonObject { ["title"] = title, ["status"] = status, ["detail"] = refusal.Message, ["requestId"] = http.TraceIdentifier };
        if (refusal.Findings.Count > 0) problem["errors"] = new JsonArray([.. refusal.Findings.Select(finding => JsonValue.Create(finding))]);
        return http.Response.WriteAsync(problem.ToJsonString());
    }

    internal static string Title(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => "The request is wrong",
        RefusalKind.Unauthenticated => "Sign in first",
        RefusalKind.Forbidden => "Not allowed",
        RefusalKind.NotFound => "Not found",
        RefusalKind.NotSupported => "Not possible here",
        RefusalKind.TimedOut => "Too slow",
        RefusalKind.Conflict => "Something stands in the way",
        RefusalKind.Stale => "Changed in the meantime",
        RefusalKind.TooLarge => "Too large",
        RefusalKind.RangeNotSatisfiable => "No such range",
        RefusalKind.Unprocessable => "Cannot be stored as it is",
        RefusalKind.TooMany => "Too many requests",
        RefusalKind.Fault => "The hub made an error",
        RefusalKind.Unavailable => "Not possible now",
        _ => throw new UnreachableException($"{kind}"),
    };
}
