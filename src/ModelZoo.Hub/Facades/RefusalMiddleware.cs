using Microsoft.AspNetCore.Connections;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades;

/// <summary>Catches every refusal once and has it said in the dialect of the endpoint that was asked. Anything else is our bug: logged, and a plain 500.</summary>
sealed class RefusalMiddleware(RequestDelegate next, ILogger<RefusalMiddleware> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: 404 or 405 } && http.GetEndpoint() is null or { DisplayName: "405 HTTP Method Not Supported" })
                await SayAsync(http, http.Response.StatusCode == 405
                    ? new Refusal(RefusalKind.NotSupported, $"{http.Request.Method} is not possible here.")
                    : Refusal.NotFound("There is nothing at this address."));
        }
        catch (RepositoryMoved moved)
        {
            await RedirectAsync(http, moved);
        }
        catch (Refusal refusal)
        {
            if (refusal.Cause is { } cause) log.RefusedByFault(cause, refusal.Message);
            await SayAsync(http, refusal);
        }
        catch (BadHttpRequestException bad)
        {
            await SayAsync(http, bad.StatusCode switch
            {
                413 => new Refusal(RefusalKind.TooLarge, "The request is larger than this address takes."),
                408 => new Refusal(RefusalKind.TimedOut, "The request came too slowly."),
                _ => Refusal.Invalid($"The request is malformed: {Reason(bad)}"),
            });
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; there is nobody to tell.
        }
        catch (ConnectionResetException)
        {
            // The client went away in the middle of its body.
        }
        catch (Exception error)
        {
            log.Unexpected(error, http.Request.Method, http.Request.Path);
            if (http.Response.HasStarted)
            {
                http.Abort();       // a truncated answer must not look complete
                return;
            }
            await SayAsync(http, new Refusal(RefusalKind.Fault, $"The hub made an error. It is logged under request id {http.TraceIdentifier}."));
        }
    }

    /// <summary>JSON that does not fit says where; its exception's own words would name our types.</summary>
    static string Reason(BadHttpRequestException bad) => bad.InnerException is JsonException json
        ? $"the JSON of the body does not fit at {json.Path ?? "$"} (line {(json.LineNumber ?? 0) + 1})."
        : bad.Message.StartsWith("Failed to bind parameter", StringComparison.Ordinal) || bad.Message.StartsWith("Failed to read parameter", StringComparison.Ordinal)
            ? "a value in the address, query or body has the wrong form."
            : bad.Message;

    async Task SayAsync(HttpContext http, Refusal refusal)
    {
        ZooMeter.Refused.Add(1, new KeyValuePair<string, object?>("kind", refusal.Kind.ToString()));
        if (refusal.Kind != RefusalKind.Fault)
            log.Refused(refusal.Kind == RefusalKind.Unavailable ? LogLevel.Warning : LogLevel.Information,
                http.Request.Method, http.Request.Path.Value ?? "", refusal.Kind.ToString(), refusal.Message);
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }
        Clear(http.Response);
        if (refusal.Quota is { } quota)
        {
            // The form of the IETF draft that Hugging Face clients parse (hub-protocol 2.9).
            http.Response.Headers["RateLimit"] = $"\"{quota.Name}\";r=0;t={(int)Math.Ceiling((refusal.RetryAfter ?? quota.Window).TotalSeconds)}";
            http.Response.Headers["RateLimit-Policy"] = $"\"fixed window\";\"{quota.Name}\";q={quota.Requests};w={(int)quota.Window.TotalSeconds}";
        }
        await DialectFor(http).Write(http, refusal);
    }

    /// <summary>Forgets what the endpoint had begun to say, except what belongs to every answer.</summary>
    static void Clear(HttpResponse response)
    {
        var kept = response.Headers.Where(header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)
            || header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase) || SecurityHeaders.Names.Contains(header.Key)).ToList();
        response.Clear();
        foreach (var (name, value) in kept) response.Headers[name] = value;
    }

    /// <summary>The endpoint's own; where none matched, a page for people. Below /api something always matches.</summary>
    static Dialect DialectFor(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<Dialect>()
        ?? (http.RequestServices.GetService(typeof(PageDialect)) as PageDialect)?.Dialect
        ?? HuggingFaceErrors.Dialect;

    /// <summary>307 keeps method and body. Where the old name stands in the body, the caller is told the new one.</summary>
    async Task RedirectAsync(HttpContext http, RepositoryMoved moved)
    {
        var values = http.Request.RouteValues;
        var name = values["name"] as string ?? "";
        if (name.EndsWith(".git", StringComparison.Ordinal)) name = name[..^4];
        if (values["owner"] is not string owner || RenamedRedirect.Find(http, owner, name, moved.Repository) is not { } location)
        {
            await SayAsync(http, new Refusal(RefusalKind.NotFound, $"Repository not found: it is called {moved.Repository.FullName} now.") { Missing = MissingThing.Repository });
            return;
        }
        Clear(http.Response);
        http.Response.StatusCode = 307;
        http.Response.Headers.Location = location;
    }
}

/// <summary>How pages say no; the web part registers it.</summary>
sealed record PageDialect(Dialect Dialect);

static partial class Log
{
    [LoggerMessage(1101, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Unexpected(this ILogger log, Exception error, string method, string path);

    [LoggerMessage(EventId = 1103, Message = "{Method} {Path} refused ({Kind}): {Reason}")]
    public static partial void Refused(this ILogger log, LogLevel level, string method, string path, string kind, string reason);

    [LoggerMessage(1102, LogLevel.Warning, "Refused because of a fault: {Message}")]
    public static partial void RefusedByFault(this ILogger log, Exception cause, string message);
}
