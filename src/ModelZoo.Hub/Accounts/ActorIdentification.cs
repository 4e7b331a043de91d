using System.Text;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>
/// Finds out who asks, once per request: Bearer token, Basic with a token as password (git, git-lfs), or the browser's session.
/// A wrong token is refused even on public things; a stale session is simply nobody.
/// </summary>
sealed class ActorIdentification(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext http, TokenStore tokens, SessionStore sessions, SignIn passwords)
    {
        http.Features.Set(await IdentifyAsync(http, tokens, sessions, passwords));
        await next(http);
    }

    static async Task<Actor> IdentifyAsync(HttpContext http, TokenStore tokens, SessionStore sessions, SignIn passwords)
    {
        var stop = http.RequestAborted;
        var endpoint = http.GetEndpoint()?.Metadata;
        if (endpoint?.GetMetadata<SelfAuthorising>() is not null) return Actor.Nobody;
        if (endpoint?.GetMetadata<IActorSource>() is { } source) return await source.IdentifyAsync(http);
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length > 0)
        {
            if (endpoint?.GetMetadata<PasswordAccepted>() is not null && ReadPair(header) is var (handle, password) && !password.StartsWith(TokenStore.Prefix, StringComparison.Ordinal))
                return await SignInAsync(handle, password, http, passwords, stop);
            var secret = ReadSecret(header) ?? throw BadCredentials();
            return await tokens.FindActorAsync(secret, stop) ?? throw BadCredentials();
        }
        if (header.Length == 0 && http.Request.Cookies[SessionStore.Cookie] is { Length: > 0 } key && MayUseSession(http))
            return await sessions.FindActorAsync(key, stop) ?? Actor.Nobody;
        return Actor.Nobody;
    }

    /// <summary>A browser sends its cookie whoever made the request, so it counts for changes only where an antiforgery token is checked.</summary>
    static bool MayUseSession(HttpContext http) =>
        HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)
        || http.GetEndpoint()?.Metadata.GetMetadata<AntiforgeryChecked>() is not null;

    static string? ReadSecret(string header)
    {
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return header[7..].Trim();
        // git users put the token into either field.
        return ReadPair(header) is var (user, password) ? password.Length > 0 ? password : user : null;
    }

    /// <summary>User and password of a Basic header; null when it is none.</summary>
    static (string User, string Password)? ReadPair(string header)
    {
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) || header.Length > 4096) return null;
        Span<byte> bytes = stackalloc byte[4096];
        if (!Convert.TryFromBase64String(header[6..].Trim(), bytes, out var length)) return null;
        var pair = Encoding.UTF8.GetString(bytes[..length]);
        var colon = pair.IndexOf(':');
        return colon < 0 ? null : (pair[..colon], pair[(colon + 1)..]);
    }

    static async Task<Actor> SignInAsync(string handle, string password, HttpContext http, SignIn passwords, CancellationToken stop)
    {
        var account = await passwords.TryAsync(handle, password, RemoteAddress.Network(http), stop)
            ?? throw new Refusal(RefusalKind.Unauthenticated, "Invalid username or password.") { BadCredentials = true };
        return new(account, new(CredentialRole.Session, null, "password", account.CreatedAt));
    }

    static Refusal BadCredentials() =>
        new(RefusalKind.Unauthenticated, "Invalid credentials in Authorization header") { BadCredentials = true };
}

/// <summary>Marks an endpoint whose address carries its own signed permission; credentials are not looked at.</summary>
sealed class SelfAuthorising;

/// <summary>Endpoint metadata: who asks here is told by credentials of another kind than access tokens and sessions.</summary>
interface IActorSource
{
    /// <exception cref="Refusal">There are none, or they are wrong or expired.</exception>
    Task<Actor> IdentifyAsync(HttpContext http);
}

/// <summary>Marks an endpoint that checks antiforgery tokens, so that a browser session may change things through it.</summary>
sealed class AntiforgeryChecked;

/// <summary>Marks the one endpoint that takes a handle and password as Basic credentials: the one that mints tokens.</summary>
sealed class PasswordAccepted;
