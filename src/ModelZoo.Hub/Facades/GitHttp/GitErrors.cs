using System.Text;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>Says a refusal so that git shows it: plain text, which it prints line by line after "remote:".</summary>
static class GitErrors
{
    public const string Realm = "Basic realm=\"ModelZoo\", charset=\"UTF-8\"";

    public static readonly Dialect Dialect = new(WriteAsync);

    static async Task WriteAsync(HttpContext http, Refusal refusal)
    {
        var response = http.Response;
        response.StatusCode = RefusalStatus.Of(refusal.Kind);
        if (refusal.Kind == RefusalKind.Unauthenticated) response.Headers.WWWAuthenticate = Realm;
        if (refusal.RetryAfter is { } wait) response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        response.Headers.CacheControl = "no-cache, max-age=0, must-revalidate";
        response.ContentType = "text/plain; charset=utf-8";
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(Words(refusal) + "\n"), http.RequestAborted);
    }

    static string Words(Refusal refusal) => refusal switch
    {
        { BadCredentials: true } => "These credentials are not valid here. git needs an access token as the password (any user name): make one under Settings, Access tokens. The password of the web pages is not accepted.",
        { Kind: RefusalKind.Unauthenticated } => "Sign in with an access token as the password (any user name): make one under Settings, Access tokens.",
        _ => refusal.Message,
    };
}
