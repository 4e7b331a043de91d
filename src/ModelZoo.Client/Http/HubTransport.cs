using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ModelZoo.Client;

/// <summary>Sends requests to one hub: addresses, token, redirects, retries and errors in one place.</summary>
sealed class HubTransport : IDisposable
{
    readonly HttpClient _http;
    readonly string _base;

    public HubTransport(ZooClientOptions options)
    {
        if (!options.Endpoint.IsAbsoluteUri || options.Endpoint.Scheme is not ("http" or "https"))
            throw new ArgumentException($"The endpoint '{options.Endpoint}' must begin with http:// or https://.", nameof(options));
        if (options.Token is { } token && token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new ArgumentException("The token contains characters that no token has.", nameof(options));
        Options = options;
        _base = options.Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var inner = options.Handler ?? new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = options.UseProxy,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),     // notice a hub that moved
            MaxConnectionsPerServer = Math.Max(16, options.ParallelFiles * options.ParallelParts),
            SslOptions = new SslClientAuthenticationOptions(),
        };
        _http = new HttpClient(new RedirectHandler { InnerHandler = new RetryHandler(options) { InnerHandler = inner } }, disposeHandler: options.Handler is null)
        {
            Timeout = Timeout.InfiniteTimeSpan,                      // each step has its own
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd(options.UserAgent);
    }

    public ZooClientOptions Options { get; }

    /// <summary>A request to the hub itself, with the token. The path is already escaped.</summary>
    public HttpRequestMessage Request(HttpMethod method, string pathAndQuery, HttpContent? content = null)
    {
        var request = RequestTo(method, Verbatim(_base + pathAndQuery), content);
        if (Options.Token is { Length: > 0 } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    /// <summary>A request to an address that the hub gave out; it carries no token.</summary>
    public static HttpRequestMessage RequestTo(HttpMethod method, Uri address, HttpContent? content = null) => new(method, address) { Content = content };

    public bool IsHub(Uri address) => RedirectHandler.SameOrigin(address, Options.Endpoint);

    /// <summary>Keeps every escape as written: a signature covers it, and <c>%2F</c> is not a slash.</summary>
    public static Uri Verbatim(string address) => new(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>Sends; the answer's headers are read, its body is not. The caller judges the status.</summary>
    public Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, CancellationToken stop) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);

    /// <summary>Sends; a refusal becomes <see cref="ZooApiException"/>.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
    {
        var response = await SendRawAsync(request, stop);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await ZooApiException.FromAsync(response, stop);
    }

    public async Task<T> ReadAsync<T>(HttpRequestMessage request, CancellationToken stop)
    {
        using (request)
        using (var response = await SendAsync(request, stop))
            return await ReadJsonAsync<T>(response, stop);
    }

    public Task<T> GetAsync<T>(string pathAndQuery, CancellationToken stop) => ReadAsync<T>(Request(HttpMethod.Get, pathAndQuery), stop);

    public Task<T> PostAsync<T>(string pathAndQuery, object body, CancellationToken stop, bool repeatable = false) =>
        ReadAsync<T>(JsonRequest(HttpMethod.Post, pathAndQuery, body, repeatable), stop);

    /// <summary>Sends a call whose answer's body does not matter.</summary>
    public async Task CallAsync(HttpMethod method, string pathAndQuery, object? body, CancellationToken stop)
    {
        using var request = JsonRequest(method, pathAndQuery, body);
        using var response = await SendAsync(request, stop);
    }

    public HttpRequestMessage JsonRequest(HttpMethod method, string pathAndQuery, object? body, bool repeatable = false)
    {
        var request = Request(method, pathAndQuery, body is null ? null : JsonContent.Create(body, body.GetType(), options: Json.Options));
        if (repeatable) request.Options.Set(RetryHandler.Repeatable, true);
        return request;
    }

    public static async Task<T> ReadJsonAsync<T>(HttpResponseMessage response, CancellationToken stop)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(stop);
            return await JsonSerializer.DeserializeAsync<T>(stream, Json.Options, stop) ?? throw new JsonException("The answer is null.");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new ZooApiException((int)response.StatusCode,
                $"The answer to {response.RequestMessage?.RequestUri?.AbsolutePath} is not what a hub sends: {e.Message}", cause: e);
        }
    }

    /// <summary>All items of a paged list: follows <c>Link: &lt;…&gt;; rel="next"</c> until there is none.</summary>
    public async IAsyncEnumerable<T> PageAsync<T>(string pathAndQuery, [EnumeratorCancellation] CancellationToken stop)
    {
        var request = Request(HttpMethod.Get, pathAndQuery);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            Uri? next;
            T[] items;
            using (request)
            using (var response = await SendAsync(request, stop))
            {
                items = await ReadJsonAsync<T[]>(response, stop);
                next = NextPage(response);
            }
            foreach (var item in items) yield return item;
            if (next is null) yield break;
            if (!seen.Add(next.OriginalString)) throw new ZooApiException((int)HttpStatusCode.OK, "The hub's pages go round in a circle.");
            request = RequestTo(HttpMethod.Get, next);
            if (IsHub(next) && Options.Token is { Length: > 0 } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    static Uri? NextPage(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links)) return null;
        foreach (var link in links)
        {
            var (open, close) = (link.IndexOf('<'), link.IndexOf('>'));
            if (open < 0 || close < open || !link.AsSpan(close).Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase)) continue;
            var address = new Uri(link[(open + 1)..close], UriKind.RelativeOrAbsolute);
            return address.IsAbsoluteUri ? Verbatim(address.OriginalString) : new Uri(response.RequestMessage!.RequestUri!, address);
        }
        return null;
    }

    public void Dispose() => _http.Dispose();
}
