using System.CommandLine;
using System.Reflection;
using ModelZoo.Client;

namespace ModelZoo.Cli;

/// <summary>Which hub, and as whom: options first, then the environment, then what `zoo login` stored.</summary>
static class HubAccess
{
    public const string FallbackEndpoint = "http://localhost:8080";

    public static readonly Option<string?> Endpoint = new("--endpoint")
    {
        Description = $"Address of the hub [default: $MODELZOO_ENDPOINT, $HF_ENDPOINT, the last login, {FallbackEndpoint}]",
        HelpName = "url",
        Recursive = true,
    };

    public static readonly Option<string?> Token = new("--token")
    {
        Description = "Access token [default: $MODELZOO_TOKEN, $HF_TOKEN, the stored login]",
        HelpName = "hf_…",
        Recursive = true,
    };

    /// <summary>On the commands that move files.</summary>
    public static readonly Option<bool> NoXet = new("--no-xet") { Description = "Move large files whole (LFS), not as chunks, also where the hub offers chunks" };

    public static Uri FindEndpoint(ParseResult parse, CredentialStore store)
    {
        var text = First(parse.GetValue(Endpoint), Environment.GetEnvironmentVariable("MODELZOO_ENDPOINT"), Environment.GetEnvironmentVariable("HF_ENDPOINT"), store.DefaultEndpoint)
            ?? FallbackEndpoint;
        if (!text.Contains("://", StringComparison.Ordinal)) text = "http://" + text;
        return Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" ? endpoint
            : throw new UsageException($"'{text}' is not the address of a hub: write something like {FallbackEndpoint}.");
    }

    public static string? FindToken(ParseResult parse, CredentialStore store, Uri endpoint) =>
        First(parse.GetValue(Token), Environment.GetEnvironmentVariable("MODELZOO_TOKEN"), Environment.GetEnvironmentVariable("HF_TOKEN"), store.FindToken(endpoint));

    public static ZooClient Open(Uri endpoint, string? token, bool useXet = true) => new(new()
    {
        Endpoint = endpoint,
        Token = token,
        UseXet = useXet,
        UserAgent = $"zoo/{Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0"}",
    });

    static string? First(params ReadOnlySpan<string?> candidates)
    {
        foreach (var candidate in candidates)
            if (!string.IsNullOrWhiteSpace(candidate)) return candidate.Trim();
        return null;
    }
}
