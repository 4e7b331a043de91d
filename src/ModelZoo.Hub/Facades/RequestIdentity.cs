using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Facades;

/// <summary>Gives each request an id: the client's own when it sent one, so that both sides' logs meet. Every log line carries it.</summary>
sealed class RequestIdentity(RequestDelegate next, ILogger<RequestIdentity> log)
{
    const int MaxLength = 128;

    public async Task InvokeAsync(HttpContext http)
    {
        var id = Clean(http.Request.Headers["X-Request-Id"]) ?? Clean(http.Request.Headers["X-Amzn-Trace-Id"]) ?? Guid.NewGuid().ToString();
        http.TraceIdentifier = id;
        http.Response.Headers["X-Request-Id"] = id;
        Activity.Current?.SetTag("zoo.request_id", id);
        using (log.BeginScope("RequestId:{RequestId}", id)) await next(http);
    }

    /// <summary>Null for what is absent or could break a header or a log line.</summary>
    static string? Clean(string? text) =>
        text is { Length: > 0 and <= MaxLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '=' or ';' or '/') ? text : null;
}
