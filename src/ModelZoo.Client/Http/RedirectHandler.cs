using System.Net;

namespace ModelZoo.Client;

/// <summary>
/// Follows redirects. Unlike the platform's own, it keeps the token when the target is the same hub (a renamed repository
/// redirects there) and drops it when it is not (a signed address of an object store must not see it).
/// </summary>
sealed class RedirectHandler : DelegatingHandler
{
    const int MaxHops = 10;

    /// <summary>Set on a call that wants to see a redirect to another address rather than follow it; relative ones are still followed.</summary>
    public static readonly HttpRequestOptionsKey<bool> StayOnHub = new("modelzoo.stay");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
    {
        for (var hop = 0; ; hop++)
        {
            var response = await base.SendAsync(request, stop);
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location || hop == MaxHops) return response;
            if (location.IsAbsoluteUri && request.Options.TryGetValue(StayOnHub, out var stay) && stay) return response;
            var from = request.RequestUri!;
            var to = location.IsAbsoluteUri ? location : new Uri(from, location);
            if (to.Scheme is not ("http" or "https") || (from.Scheme == "https" && to.Scheme == "http")) return response;
            if (BecomesGet(request.Method, response.StatusCode))
            {
                request.Method = HttpMethod.Get;
                request.Content = null;
            }
            if (!SameOrigin(from, to)) request.Headers.Authorization = null;
            request.RequestUri = to;
            response.Dispose();
        }
    }

    public static bool SameOrigin(Uri a, Uri b) =>
        a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);

    static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    static bool BecomesGet(HttpMethod method, HttpStatusCode status) =>
        method != HttpMethod.Get && method != HttpMethod.Head && (int)status is 301 or 302 or 303;
}
