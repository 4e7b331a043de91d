using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace ModelZoo.Client;

/// <summary>
/// Repeats calls that failed for a passing reason. Only calls that may run twice without harm are repeated after they may have
/// reached the hub; "too many requests" and a connection that never opened are repeated for every call.
/// </summary>
sealed class RetryHandler(ZooClientOptions options) : DelegatingHandler
{
    /// <summary>Set on a POST that may run twice, such as asking how to upload.</summary>
    public static readonly HttpRequestOptionsKey<bool> Repeatable = new("modelzoo.repeatable");

    /// <summary>Set on a probe whose failure is an answer.</summary>
    public static readonly HttpRequestOptionsKey<bool> Once = new("modelzoo.once");

    /// <summary>A hub that never answered is probably not there: say so soon. One that did is probably starting again: wait for it.</summary>
    const int AttemptsToFind = 2;

    volatile bool _found;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            var last = attempt >= options.MaxAttempts || (request.Options.TryGetValue(Once, out var once) && once);
            TimeSpan? asked = null;
            try
            {
                var response = await SendOnceAsync(request, stop);
                _found = true;
                if (last || !MayRepeat(request, response.StatusCode)) return response;
                asked = AskedDelay(response, options.Clock.GetUtcNow());
                if (asked > options.MaxRetryDelay) return response;
                response.Dispose();
            }
            catch (HttpRequestException e) when (!last && (_found || attempt < AttemptsToFind) && MayRepeat(request, e)) { }
            catch (OperationCanceledException) when (!last && IsRepeatable(request) && !stop.IsCancellationRequested) { }
            await Task.Delay(asked ?? Backoff(attempt), options.Clock, stop);
        }
    }

    async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken stop)
    {
        if (request.Content is not null) return await base.SendAsync(request, stop);     // a large body may take its time
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(options.IdleTimeout);
        try
        {
            return await base.SendAsync(request, timeout.Token);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"The hub did not answer within {options.IdleTimeout.TotalSeconds:0} s.", e);
        }
    }

    static bool IsRepeatable(HttpRequestMessage request) =>
        request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Put
        || (request.Options.TryGetValue(Repeatable, out var yes) && yes);

    static bool MayRepeat(HttpRequestMessage request, HttpStatusCode status) => (int)status switch
    {
        429 => true,
        408 or 500 or 502 or 503 or 504 => IsRepeatable(request),
        _ => false,
    };

    static bool MayRepeat(HttpRequestMessage request, HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ConfigurationLimitExceeded => false,
        HttpRequestError.ConnectionError when e.InnerException is System.Net.Sockets.SocketException => true,   // never reached the hub
        _ => IsRepeatable(request),
    };

    TimeSpan Backoff(int attempt)
    {
        var full = Math.Min(options.RetryDelay.TotalMilliseconds * Math.Pow(2, attempt - 1), options.MaxRetryDelay.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + RandomNumberGenerator.GetInt32(500) / 1000.0));   // spread out those who failed together
    }

    /// <summary><c>Retry-After</c> (seconds or date), else the reset time of <c>RateLimit: "api";r=0;t=55</c>.</summary>
    internal static TimeSpan? AskedDelay(HttpResponseMessage response, DateTimeOffset now)
    {
        if (response.Headers.RetryAfter is { } after)
            return after.Delta ?? (after.Date > now ? after.Date - now : TimeSpan.Zero);
        if (response.StatusCode != HttpStatusCode.TooManyRequests || !response.Headers.TryGetValues("RateLimit", out var values)) return null;
        foreach (var part in string.Join(';', values).Split(';', StringSplitOptions.TrimEntries))
            if (part.StartsWith("t=", StringComparison.Ordinal) && int.TryParse(part.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                return TimeSpan.FromSeconds(seconds);
        return null;
    }
}
