using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Evaluation.Models;

/// <summary>An endpoint did not answer this one request; others may go through.</summary>
sealed class EndpointFailure(string message, HttpStatusCode? status = null) : Exception(message)
{
    public HttpStatusCode? Status { get; } = status;
}

/// <summary>Posts JSON to an endpoint: bounded in time, size and number, tried again after 429 and 5xx, remembered.</summary>
sealed class EndpointCaller : IDisposable
{
    /// <summary>So many failures in a row, and the endpoint is taken for dead.</summary>
    const int MostFailures = 5, MostCached = 100_000;

    static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(30);

    readonly EndpointSettings _settings;
    readonly HttpClient _http;
    readonly Stopwatch _spent = Stopwatch.StartNew();
    readonly ConcurrentDictionary<string, byte[]> _cache = new();
    int _failures;

    public EndpointCaller(EndpointSettings settings)
    {
        _settings = settings;
        _http = new(settings.Handler?.Invoke() ?? new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15), PooledConnectionLifetime = TimeSpan.FromMinutes(10) }) { Timeout = Timeout.InfiniteTimeSpan };
        if (settings.Key is { Length: > 0 } key) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var path = settings.Address.AbsolutePath.TrimEnd('/');
        var root = path.EndsWith("/v1", StringComparison.Ordinal) ? path[..^3] : path;
        (Root, Api) = (new(settings.Address, root + "/"), new(settings.Address, root + "/v1/"));
    }

    /// <summary>Where native routes lie, and those of OpenAI's protocol.</summary>
    public Uri Root { get; }

    public Uri Api { get; }

    /// <summary>What the server calls itself in its headers.</summary>
    public string? Server { get; private set; }

    public async Task<JsonElement> GetAsync(Uri address, CancellationToken stop) => Parse(await SendAsync(() => new(HttpMethod.Get, address), isRetried: false, stop), address);

    /// <param name="isProbe">Ask once, without memory: what comes back says what the endpoint can.</param>
    public async Task<JsonElement> PostAsync(Uri address, object body, CancellationToken stop, bool isProbe = false)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(body);
        var key = Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes($"{address}\n{_settings.Model}\n"), .. payload]));
        if (!isProbe && FindKept(key) is { } kept) return Parse(kept, address);
        var bytes = await SendAsync(() => new(HttpMethod.Post, address) { Content = new ByteArrayContent(payload) { Headers = { ContentType = new("application/json") } } }, isRetried: !isProbe, stop);
        var json = Parse(bytes, address);
        if (!isProbe) Keep(key, bytes);
        return json;
    }

    byte[]? FindKept(string key)
    {
        if (_cache.TryGetValue(key, out var kept)) return kept;
        if (_settings.CacheFolder is not { } folder || Path.Combine(folder, key) is var path && !File.Exists(path)) return null;
        return File.ReadAllBytes(Path.Combine(folder, key));
    }

    void Keep(string key, byte[] bytes)
    {
        if (_cache.Count < MostCached) _cache[key] = bytes;
        if (_settings.CacheFolder is not { } folder) return;
        Directory.CreateDirectory(folder);
        var staged = Path.Combine(folder, $"{key}.{Guid.NewGuid():N}");
        File.WriteAllBytes(staged, bytes);
        File.Move(staged, Path.Combine(folder, key), overwrite: true);
    }

    async Task<byte[]> SendAsync(Func<HttpRequestMessage> make, bool isRetried, CancellationToken stop)
    {
        for (var attempt = 0; ; attempt++)
        {
            var left = _settings.Budget is { } budget ? budget - _spent.Elapsed : TimeSpan.MaxValue;
            if (left <= TimeSpan.Zero) throw new EvaluationException($"The budget of {_settings.Budget!.Value.TotalSeconds:0.#} s for {_settings.Address} is used up.");
            var (status, body, delay, failure) = await TryAsync(make, left < _settings.Timeout ? left : _settings.Timeout, stop);
            if (status == HttpStatusCode.OK)
            {
                _failures = 0;
                return body;
            }
            var mayPass = status is null or HttpStatusCode.TooManyRequests || (int)status >= 500;
            if (!isRetried || !mayPass || attempt >= _settings.Retries)
            {
                if (isRetried && mayPass && Interlocked.Increment(ref _failures) >= MostFailures) throw new EvaluationException($"The endpoint {_settings.Address} failed {MostFailures} times in a row; the last time: {failure}");
                throw new EndpointFailure(failure, status);
            }
            var wait = delay ?? TimeSpan.FromTicks(_settings.FirstDelay.Ticks << Math.Min(attempt, 10));
            await Task.Delay(wait < s_longestDelay ? wait : s_longestDelay, stop);
        }
    }

    async Task<(HttpStatusCode? Status, byte[] Body, TimeSpan? Delay, string Failure)> TryAsync(Func<HttpRequestMessage> make, TimeSpan timeout, CancellationToken stop)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timed.CancelAfter(timeout);
        using var request = make();
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timed.Token);
            if (response.Headers.TryGetValues("Server", out var names)) Server = names.FirstOrDefault();
            var body = await ReadAsync(response, timed.Token);
            var delay = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - DateTimeOffset.UtcNow) : null;
            var said = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 300))).ReplaceLineEndings(" ");
            return (response.StatusCode, body, delay > TimeSpan.Zero ? delay : null, $"{(int)response.StatusCode} from {request.RequestUri!.AbsolutePath}: {said}");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (null, [], null, $"no answer within {timeout.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return (null, [], null, e.InnerException?.Message ?? e.Message);
        }
    }

    async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken stop)
    {
        await using var content = await response.Content.ReadAsStreamAsync(stop);
        using var body = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;)
        {
            if (body.Length + read > _settings.MaxResponseBytes) throw new EvaluationException($"The endpoint {_settings.Address} answered with more than {_settings.MaxResponseBytes} bytes.");
            body.Write(buffer, 0, read);
        }
        return body.ToArray();
    }

    JsonElement Parse(byte[] body, Uri address)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 64 });
            return json.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new EvaluationException($"{address} answered with what is no JSON: {e.Message}", e);
        }
    }

    public void Dispose() => _http.Dispose();
}
