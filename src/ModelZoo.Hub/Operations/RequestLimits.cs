using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Operations;

/// <summary>
/// How many requests a minute an account, or a network that is nobody, may make on this node. Sign-ins and the making of
/// tokens have a smaller allowance of their own, always by network.
/// </summary>
sealed class RequestLimits : IAsyncDisposable
{
    static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    readonly LimitOptions _options;
    readonly PartitionedRateLimiter<Key> _limiter;

    public RequestLimits(HubOptions options)
    {
        _options = options.Limits;
        _limiter = PartitionedRateLimiter.Create<Key, Key>(key => RateLimitPartition.GetFixedWindowLimiter(key, k => new FixedWindowRateLimiterOptions
        {
            PermitLimit = Permits(k), Window = s_window, QueueLimit = 0,
        }));
    }

    /// <exception cref="Refusal">The allowance of whoever asks is used up.</exception>
    public void Take(HttpContext http)
    {
        var rate = http.GetEndpoint()?.Metadata.GetMetadata<Limited>()?.Class ?? RateClass.Api;
        if (rate == RateClass.Unlimited) return;
        if (rate == RateClass.SignIn) Spend(new("sign-in", RemoteAddress.Network(http)));
        Spend(http.Features.Get<Actor>()?.Account is { } account ? new("api", $"account {account.Id}") : new Key("anonymous", RemoteAddress.Network(http)));
    }

    /// <summary>Wrong credentials count against the network they come from, as nobody's requests do.</summary>
    public void TakeForBadCredentials(HttpContext http) => Spend(new("anonymous", RemoteAddress.Network(http)));

    void Spend(Key key)
    {
        using var lease = _limiter.AttemptAcquire(key);
        if (lease.IsAcquired) return;
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : s_window;
        throw new Refusal(RefusalKind.TooMany, $"More than {Permits(key)} requests a minute. Wait {Math.Ceiling(wait.TotalSeconds)} seconds, then go on.")
        {
            RetryAfter = wait,
            Quota = new(key.Kind == "sign-in" ? "sign-in" : "api", Permits(key), s_window),
        };
    }

    int Permits(Key key) => key.Kind switch
    {
        "sign-in" => _options.SignInsPerMinute,
        "api" => _options.RequestsPerMinute,
        _ => _options.AnonymousRequestsPerMinute,
    };

    public ValueTask DisposeAsync() => _limiter.DisposeAsync();

    readonly record struct Key(string Kind, string Who);
}

/// <summary>Counts requests whose credentials turned out wrong. Stands around the identification of the actor.</summary>
sealed class BadCredentialLimit(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext http, RequestLimits limits)
    {
        try
        {
            await next(http);
        }
        catch (Refusal refusal) when (refusal.BadCredentials)
        {
            limits.TakeForBadCredentials(http);
            throw;
        }
    }
}

/// <summary>Counts requests, once it is known who makes them.</summary>
sealed class RequestLimit(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http, RequestLimits limits)
    {
        limits.Take(http);
        return next(http);
    }
}
