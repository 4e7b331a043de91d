namespace ModelZoo.Evaluation.Models;

/// <summary>A model behind an OpenAI-compatible address, and how it is asked.</summary>
public sealed class EndpointSettings(Uri address)
{
    /// <summary>With or without <c>/v1</c>; native routes are looked for beside it.</summary>
    public Uri Address { get; } = address is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" } ? address
        : throw new EvaluationException($"'{address}' is no address of an endpoint: http or https, and no name and password in it.");

    /// <summary>Null: the first that the endpoint lists.</summary>
    public string? Model { get; init; }

    /// <summary>Sent as a bearer token; in no record and no message.</summary>
    public string? Key { get; init; }

    /// <summary>A folder with the model's tokenizer. Without one, boundaries of tokens are those that the endpoint tells, and texts without a context cannot be scored.</summary>
    public string? TokenizerFolder { get; init; }

    /// <summary>Use conversations also where the endpoint completes texts.</summary>
    public bool PrefersChat { get; init; }

    public int Concurrency { get; init; } = 4;

    /// <summary>Of one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Of all requests together; null: none.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>After 429 and 5xx, each later than the one before.</summary>
    public int Retries { get; init; } = 4;

    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    public int MaxResponseBytes { get; init; } = 64 << 20;

    /// <summary>Where answers are kept, by address, model and request; null: only while the run lasts.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Tokens that the model reads; null: what the endpoint says, else 2048.</summary>
    public int? MaxLength { get; init; }

    public long Seed { get; init; } = 1234;

    /// <summary>What opens connections: where users may name addresses, one that refuses private networks. Null: an ordinary one.</summary>
    public Func<HttpMessageHandler>? Handler { get; init; }

    public override string ToString() => $"{Address} ({Model ?? "its first model"})";
}
