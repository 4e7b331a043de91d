using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.KServe;

/// <summary>Says a refusal as the Open Inference Protocol does: <c>{"error": "…"}</c>.</summary>
static class KServeErrors
{
    public static readonly Dialect Dialect = new(WriteAsync);

    static Task WriteAsync(HttpContext http, Refusal refusal)
    {
        http.Response.StatusCode = RefusalStatus.Of(refusal.Kind);
        http.Response.ContentType = "application/json";
        if (refusal.RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        if (http.Response.StatusCode == 401) http.Response.Headers.WWWAuthenticate = "Bearer";
        return http.Response.WriteAsync(new JsonObject { ["error"] = refusal.Message }.ToJsonString());
    }
}
