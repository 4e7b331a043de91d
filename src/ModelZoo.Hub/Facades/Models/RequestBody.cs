using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Models;

/// <summary>Bodies of requests to models: bounded, and JSON only where it is whole.</summary>
static class RequestBody
{
    const int MaxDepth = 32;

    public static async Task<byte[]> ReadAsync(HttpRequest request, long limit, CancellationToken stop)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = limit;
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, stop);
        return buffer.ToArray();
    }

    public static async Task<JsonObject> ReadJsonAsync(HttpRequest request, long limit, CancellationToken stop) => Parse(await ReadAsync(request, limit, stop));

    public static JsonObject Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (bytes.Length > 0 && !JsonText.IsUnicode(bytes.Span, MaxDepth)) throw Refusal.Invalid("The body has text that is not Unicode (stray bytes or half a surrogate pair).");
            return JsonNode.Parse(bytes.Span, documentOptions: new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false }) as JsonObject ?? throw Refusal.Invalid("The body must be a JSON object.");
        }
        catch (JsonException error)
        {
            throw Refusal.Invalid($"The body is not valid JSON: line {error.LineNumber + 1}, position {error.BytePositionInLine + 1}.");
        }
    }

    /// <exception cref="Refusal">The field is there and no text.</exception>
    public static string? FindText(this JsonObject body, string key) => body[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw Refusal.Invalid($"\"{key}\" must be a text."),
    };

    public static int? FindInt(this JsonObject body, string key) => body[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out int number) => number,
        _ => throw Refusal.Invalid($"\"{key}\" must be a whole number."),
    };

    public static bool Flag(this JsonObject body, string key) => body[key] switch
    {
        null => false,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        _ => throw Refusal.Invalid($"\"{key}\" must be true or false."),
    };

    /// <summary>Fields of one object, copied into another as they are.</summary>
    public static void Copy(this JsonObject from, JsonObject into, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (from[key] is { } value) into[key] = value.DeepClone();
    }
}
