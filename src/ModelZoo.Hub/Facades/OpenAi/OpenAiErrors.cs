using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>Says a refusal as OpenAI's API does: <c>{"error": {"message", "type", "param", "code"}}</c>.</summary>
static class OpenAiErrors
{
    public static readonly Dialect Dialect = new(WriteAsync);

    static Task WriteAsync(HttpContext http, Refusal refusal)
    {
        http.Response.StatusCode = RefusalStatus.Of(refusal.Kind);
        http.Response.ContentType = "application/json";
        if (refusal.RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        if (http.Response.StatusCode == 401) http.Response.Headers.WWWAuthenticate = "Bearer";
        return http.Response.WriteAsync(Of(refusal).ToJsonString());
    }

    public static JsonObject Of(Refusal refusal)
    {
        var (type, code) = refusal.Kind switch
        {
            RefusalKind.Unauthenticated => ("authentication_error", "invalid_api_key"),
            RefusalKind.Forbidden => ("permission_error", null),
            RefusalKind.NotFound => ("invalid_request_error", "model_not_found"),
            RefusalKind.TooMany => ("rate_limit_error", "rate_limit_exceeded"),
            RefusalKind.Unavailable or RefusalKind.Fault => ("server_error", null),
            _ => ("invalid_request_error", (string?)null),
        };
        return new() { ["error"] = new JsonObject { ["message"] = refusal.Message, ["type"] = type, ["param"] = null, ["code"] = code } };
    }
}
