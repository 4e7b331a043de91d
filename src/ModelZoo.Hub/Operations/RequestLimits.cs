using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Operations;

/// <summary>
/// How many requests a minute an account, or a network that is nobody, may make on all nodes together. Sign-ins and the making
/// of tokens have a smaller allowance of their own, always by network.
/// </summary>
/// <remarks>
/// No write for each request: a node lets the first hundredth through by itself, then draws shares from the counter in the
/// database. So all nodes together let at most a hundredth for each node too many through. While the database is away a node
/// grants by itself.
/// </remarks>
sealed class RequestLimits(HubOptions options, AllowanceStore store, TimeProvider time) : IChore
{
    /// <summary>The part of an allowance that a node lets through before it asks.</summary>
    const long FreePart = 100;

    /// <summary>Those who asked in the last minute; when there are more, those whose minute is over are forgotten at once.</summary>
    const int MaxKnown = 200_000;

    readonly LimitOptions _options = options.Limits;
    readonly ConcurrentDictionary<Key, Purse> _purses = new();

    /// <exception cref="Refusal">The allowance of whoever asks is used up.</exception>
    public async Task TakeAsync(HttpContext http)
    {
        var rate = http.GetEndpoint()?.Metadata.GetMetadata<Limited>()?.Class ?? RateClass.Api;
        if (rate == RateClass.Unlimited) return;
        if (rate == RateClass.SignIn) await SpendAsync(new("sign-in", RemoteAddress.Network(http)), http.RequestAborted);
        var key = http.Features.Get<Actor>()?.Account is { } account ? new Key("api", $"account {account.Id}") : new Key("anonymous", RemoteAddress.Network(http));
        await SpendAsync(key, http.RequestAborted);
    }

    /// <summary>Wrong credentials count against the network they come from, as nobody's requests do.</summary>
    public Task TakeForBadCredentialsAsync(HttpContext http) => SpendAsync(new("anonymous", RemoteAddress.Network(http)), http.RequestAborted);

    internal async Task SpendAsync(Key key, CancellationToken stop)
    {
        var permits = Permits(key);
        var purse = _purses.GetOrAdd(key, _ => new Purse());
        if (purse.TrySpend(time.NowMs(), permits / FreePart)) return;
        await purse.Drawing.WaitAsync(stop);
        try
        {
            // Whoever waited finds what another drew, or that there is nothing more to draw.
            if (purse.TrySpend(time.NowMs(), permits / FreePart)) return;
            if (!purse.IsExhausted(time.NowMs())) purse.Fill(await DrawAsync(key, permits, purse.Spent, stop));
            if (purse.TrySpend(time.NowMs(), 0)) return;
        }
        finally
        {
            purse.Drawing.Release();
        }
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(purse.WindowEndsAt - time.NowMs(), 1, AllowanceStore.Window.TotalMilliseconds));
        throw new Refusal(RefusalKind.TooMany, $"More than {permits} requests a minute. Wait {Math.Ceiling(wait.TotalSeconds)} seconds, then go on.")
        {
            RetryAfter = wait,
            Quota = new(key.Kind == "sign-in" ? "sign-in" : "api", permits, AllowanceStore.Window),
        };
    }

    async Task<Grant> DrawAsync(Key key, long permits, long spent, CancellationToken stop)
    {
        try
        {
            return await store.DrawAsync($"{key.Kind}:{key.Who}", permits, spent, stop);
        }
        catch (Refusal away) when (away.Kind == RefusalKind.Unavailable)
        {
            return new(Math.Max(1, permits / FreePart), time.NowMs() + 1_000);
        }
    }

    int Permits(Key key) => key.Kind switch
    {
        "sign-in" => _options.SignInsPerMinute,
        "api" => _options.RequestsPerMinute,
        _ => _options.AnonymousRequestsPerMinute,
    };

    TimeSpan IChore.Every => AllowanceStore.Window;

    async Task IChore.RunAsync(CancellationToken stop)
    {
        Forget();
        await store.RemoveExpiredAsync(stop);
    }

    void Forget()
    {
        var now = time.NowMs();
        foreach (var (key, purse) in _purses)
            if (purse.WindowEndsAt <= now) _purses.TryRemove(key, out _);
        if (_purses.Count > MaxKnown) _purses.Clear();
    }

    internal readonly record struct Key(string Kind, string Who);

    /// <summary>What this node may still let through for one key in the running window.</summary>
    sealed class Purse
    {
        readonly Lock _gate = new();
        long _left, _spent, _endsAt;
        bool _exhausted, _drawn;

        /// <summary>One at a time asks the database.</summary>
        public SemaphoreSlim Drawing { get; } = new(1, 1);

        public long WindowEndsAt
        {
            get { lock (_gate) return _endsAt; }
        }

        /// <summary>Let through without asking, and not yet told to the database.</summary>
        public long Spent
        {
            get { lock (_gate) return _spent; }
        }

        public bool IsExhausted(long now)
        {
            lock (_gate) return _exhausted && now < _endsAt;
        }

        public bool TrySpend(long now, long free)
        {
            lock (_gate)
            {
                if (now >= _endsAt) (_left, _spent, _endsAt, _exhausted, _drawn) = (0, 0, now + (long)AllowanceStore.Window.TotalMilliseconds, false, false);
                if (_left > 0)
                {
                    _left--;
                    return true;
                }
                if (_drawn || _spent >= free) return false;
                _spent++;
                return true;
            }
        }

        public void Fill(Grant grant)
        {
            lock (_gate) (_left, _spent, _endsAt, _exhausted, _drawn) = (_left + grant.Permits, 0, grant.WindowEndsAt, grant.Permits == 0, true);
        }
    }
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
            await limits.TakeForBadCredentialsAsync(http);
            throw;
        }
    }
}

/// <summary>Counts requests, once it is known who makes them.</summary>
sealed class RequestLimit(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext http, RequestLimits limits)
    {
        await limits.TakeAsync(http);
        await next(http);
    }
}
