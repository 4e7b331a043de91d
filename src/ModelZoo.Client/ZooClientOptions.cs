namespace ModelZoo.Client;

/// <summary>How a <see cref="ZooClient"/> reaches its hub. Every setting has a default but <see cref="Endpoint"/>.</summary>
public sealed record ZooClientOptions
{
    /// <summary>Public address of the hub; may carry a path prefix, such as <c>https://example.org/hub</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Access token (<c>hf_…</c>); null reads public repositories only.</summary>
    public string? Token { get; init; }

    /// <summary>Sent as <c>User-Agent</c>; put your program's name and version in front.</summary>
    public string UserAgent { get; init; } = "modelzoo-client/0.1";

    /// <summary>Most tries for a call that may safely be repeated.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>First pause between tries; it doubles each time, up to <see cref="MaxRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest pause between tries. A hub that asks for a longer one (<c>Retry-After</c>) gets its answer passed on as an error.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>A connection that stays silent for this long counts as lost.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Files moved at the same time by folder uploads and snapshots.</summary>
    public int ParallelFiles { get; init; } = 4;

    /// <summary>Connections used for one large file, down or up.</summary>
    public int ParallelParts { get; init; } = 4;

    /// <summary>Files above this size are downloaded in ranges, several at a time.</summary>
    public long RangeThresholdBytes { get; init; } = 64L << 20;

    /// <summary>Size of one range of a large download.</summary>
    public long RangeSizeBytes { get; init; } = 32L << 20;

    /// <summary>Move large files as chunks where the hub offers it (Xet): what it has already is not sent, what is stored compressed comes compressed.</summary>
    public bool UseXet { get; init; } = true;

    /// <summary>Go through the machine's configured proxy. Off by default: a hub usually stands next door.</summary>
    public bool UseProxy { get; init; }

    /// <summary>Replaces the innermost handler, for unusual transports. Redirects and retries stay with the client.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Where pauses take their time from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
