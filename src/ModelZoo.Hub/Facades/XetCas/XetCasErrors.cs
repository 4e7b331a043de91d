using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>Says a refusal as clients of a chunk store expect it: the status decides what they do, the words are for people.</summary>
static class XetCasErrors
{
    public static readonly Dialect Dialect = new(WriteAsync);

    static async Task WriteAsync(HttpContext http, Refusal refusal)
    {
        var response = http.Response;
        response.StatusCode = StatusOf(refusal.Kind);
        if (refusal.RetryAfter is { } wait) response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        if (refusal.TotalBytes is { } total) response.Headers.ContentRange = $"bytes */{total}";
        await response.WriteAsJsonAsync(new { error = refusal.Message, message = refusal.Message });
    }

    /// <summary>Clients know 400 for content that is wrong, whichever way.</summary>
    static int StatusOf(RefusalKind kind) => kind is RefusalKind.Unprocessable or RefusalKind.TooLarge ? 400 : RefusalStatus.Of(kind);
}
