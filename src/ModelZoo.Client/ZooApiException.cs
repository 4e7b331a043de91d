using System.Net;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Client;

/// <summary>The hub said no. <see cref="Exception.Message"/> is the hub's own sentence.</summary>
public sealed class ZooApiException : Exception
{
    const int MaxBodyBytes = 64 * 1024;

    /// <summary>Makes the exception; the client does this from a response.</summary>
    public ZooApiException(int status, string message, string? errorCode = null, string? requestId = null, Exception? cause = null) : base(message, cause)
    {
        Status = status;
        ErrorCode = errorCode;
        RequestId = requestId;
    }

    /// <summary>HTTP status of the answer.</summary>
    public int Status { get; }

    /// <summary>The hub's <c>X-Error-Code</c>, such as <c>RepoNotFound</c>, <c>RevisionNotFound</c>, <c>EntryNotFound</c> or <c>GatedRepo</c>.</summary>
    public string? ErrorCode { get; }

    /// <summary>The hub's name for the request; its log has the same.</summary>
    public string? RequestId { get; }

    /// <summary>True when the repository, revision or file does not exist, or may not be known to exist.</summary>
    public bool IsNotFound => Status == (int)HttpStatusCode.NotFound || ErrorCode is "RepoNotFound" or "RevisionNotFound" or "EntryNotFound";

    internal static async Task<ZooApiException> FromAsync(HttpResponseMessage response, CancellationToken stop)
    {
        var body = await ReadSomeAsync(response, stop);
        var message = FindMessage(body) ?? Header(response, "X-Error-Message")
            ?? $"The hub answered {(int)response.StatusCode} {response.ReasonPhrase} to {response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath}.";
        return new((int)response.StatusCode, message, Header(response, "X-Error-Code"), Header(response, "X-Request-Id"));
    }

    static async Task<byte[]> ReadSomeAsync(HttpResponseMessage response, CancellationToken stop)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(stop);
            var buffer = new byte[MaxBodyBytes];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
            return buffer[..length];
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return [];                                    // the status alone still says what happened
        }
    }

    /// <summary>Joins what hubs put in error bodies: <c>error</c> (text or list), <c>error_description</c>, <c>errors[].message</c>, LFS <c>message</c>, problem+json <c>detail</c>.</summary>
    internal static string? FindMessage(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty || body.TrimStart(" \r\n\t"u8) is not [(byte)'{', ..]) return null;
        try
        {
            var reader = new Utf8JsonReader(body);
            using var json = JsonDocument.ParseValue(ref reader);
            var parts = new List<string>();
            void Add(JsonElement value)
            {
                if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && !parts.Contains(text)) parts.Add(text);
                else if (value.ValueKind == JsonValueKind.Array) foreach (var item in value.EnumerateArray()) Add(item);
                else if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("message", out var inner)) Add(inner);
            }
            foreach (var name in (ReadOnlySpan<string>)["error", "error_description", "message", "detail", "errors"])
                if (json.RootElement.TryGetProperty(name, out var value)) Add(value);
            return parts.Count == 0 ? null : string.Join(' ', parts);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string? Header(HttpResponseMessage response, string name)
    {
        if (!response.Headers.TryGetValues(name, out var values)) return null;
        var text = new StringBuilder();
        foreach (var c in string.Join(", ", values)) text.Append(char.IsControl(c) ? ' ' : c);   // it may end on a terminal
        return text.ToString();
    }
}
