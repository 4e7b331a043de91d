using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Facades;

/// <summary>
/// Where an address that uses a repository's old name leads. Relative, because clients follow only such a redirect with their
/// credentials; built from the path alone, so that it cannot lead to another server whatever the request line looked like.
/// </summary>
static class RenamedRedirect
{
    /// <returns>The same path and query with owner and name replaced; null when the path does not name them.</returns>
    public static string? Find(HttpContext http, string owner, string name, Repository repository)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (!target.StartsWith('/'))
        {
            // The absolute form, as proxies are sent it: only its path counts.
            if (!Uri.TryCreate(target, UriKind.Absolute, out var url)) return null;
            target = url.PathAndQuery;
        }
        var question = target.IndexOf('?');
        var (path, query) = question < 0 ? (target, "") : (target[..question], target[question..]);
        var segments = path.Split('/');
        for (var i = 1; i + 1 < segments.Length; i++)
        {
            if (!Same(segments[i], owner) || Suffix(segments[i + 1], name) is not { } suffix) continue;
            (segments[i], segments[i + 1]) = (repository.Owner, repository.Name + suffix);
            var moved = string.Join('/', segments);
            // "//host" would be another server.
            return moved.StartsWith("//", StringComparison.Ordinal) ? null : http.Request.PathBase + moved + query;
        }
        return null;
    }

    static bool Same(string segment, string text) => Uri.UnescapeDataString(segment).Equals(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>What follows the name in its segment: nothing, or git's suffix.</summary>
    static string? Suffix(string segment, string name) => Same(segment, name) ? "" : Same(segment, name + ".git") ? ".git" : null;
}
