using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Facades.HuggingFace;
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
            Redirect(http, moved);
        }
        catch (Refusal refusal)
        {
            if (refusal.Cause is { } cause) log.RefusedByFault(cause, refusal.Message);
            await SayAsync(http, refusal);
        }
        catch (BadHttpRequestException bad)
        {
            await SayAsync(http, bad.StatusCode == 413
                ? new Refusal(RefusalKind.TooLarge, "The request is larger than this address takes.")
                : Refusal.Invalid($"The request is malformed: {bad.Message}"));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away; there is nobody to tell.
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

    async Task SayAsync(HttpContext http, Refusal refusal)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }
        var kept = http.Response.Headers.Where(header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase)
            || header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)).ToList();
        http.Response.Clear();
        foreach (var (name, value) in kept) http.Response.Headers[name] = value;
        await DialectFor(http).Write(http, refusal);
    }

    /// <summary>The endpoint's own; where none matched, a page for people. Below /api it is JSON, also where a page's address would match.</summary>
    static Dialect DialectFor(HttpContext http)
    {
        var pages = (http.RequestServices.GetService(typeof(PageDialect)) as PageDialect)?.Dialect ?? HuggingFaceErrors.Dialect;
        var dialect = http.GetEndpoint()?.Metadata.GetMetadata<Dialect>() ?? pages;
        return dialect == pages && http.Request.Path.StartsWithSegments("/api") ? HuggingFaceErrors.Dialect : dialect;
    }

    /// <summary>Relative, because clients follow only such a redirect with their credentials; 307 keeps method and body.</summary>
    static void Redirect(HttpContext http, RepositoryMoved moved)
    {
        var (_, owner, name) = RepositoryAddress.Of(http);
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        http.Response.Clear();
        http.Response.StatusCode = 307;
        var at = target.IndexOf($"/{owner}/{name}", StringComparison.OrdinalIgnoreCase);
        http.Response.Headers.Location = at < 0
            ? http.Request.PathBase + moved.Repository.Address
            : http.Request.PathBase + string.Concat(target.AsSpan(0, at), $"/{moved.Repository.FullName}", target.AsSpan(at + owner.Length + name.Length + 2));
    }
}

/// <summary>How pages say no; the web part registers it.</summary>
sealed record PageDialect(Dialect Dialect);

static partial class Log
{
    [LoggerMessage(1101, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Unexpected(this ILogger log, Exception error, string method, string path);

    [LoggerMessage(1102, LogLevel.Warning, "Refused because of a fault: {Message}")]
    public static partial void RefusedByFault(this ILogger log, Exception cause, string message);
}
