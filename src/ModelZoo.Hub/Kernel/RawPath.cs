using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ModelZoo.Hub.Kernel;

/// <summary>
/// Decodes the request's path exactly once, segment by segment. Kestrel leaves "%2F" in place and decodes the rest, so "%252F"
/// and "%2F" would look alike; clients put whole revisions and paths into one segment. Here an encoded slash becomes a
/// character that no text may contain, routes match on the segments that were sent, and <see cref="Restore"/> turns it back.
/// </summary>
sealed class RawPath(RequestDelegate next)
{
    /// <summary>A Unicode noncharacter: never part of a name, refused where a client sends it.</summary>
    const char EncodedSlash = '\uFDD0';

    const int MaxLength = 16 * 1024;

    public Task InvokeAsync(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var end = target.AsSpan().IndexOfAny('?', '#');
        var path = end < 0 ? target : target[..end];
        if (path.StartsWith('/'))
        {
            if (path.Length > MaxLength) throw new Refusal(RefusalKind.TooLarge, $"An address may have at most {MaxLength} characters.");
            http.Request.Path = new PathString(Decode(path));
        }
        return next(http);
    }

    static string Decode(string path)
    {
        if (path.IndexOf('%') < 0 && !path.Contains("/.", StringComparison.Ordinal)) return path;
        var segments = path.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = Uri.UnescapeDataString(segments[i]);
            if (segment is "." or "..") throw Refusal.Invalid("An address must not have '.' or '..' segments.");
            if (segment.Contains('\0') || segment.Contains(EncodedSlash)) throw Refusal.Invalid("An address must not contain NUL or noncharacters.");
            segments[i] = segment.Replace('/', EncodedSlash);
        }
        return string.Join('/', segments);
    }

    /// <summary>The text a route value stands for, with its encoded slashes.</summary>
    public static string Restore(string routeValue) => routeValue.Replace(EncodedSlash, '/');
}
