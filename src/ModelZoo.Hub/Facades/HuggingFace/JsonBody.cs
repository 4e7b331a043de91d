using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>A small JSON object sent by a client, read leniently and bounded.</summary>
sealed class JsonBody(JsonElement root)
{
    const int MaxBytes = 16 * 1024 * 1024;

    static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    /// <exception cref="Refusal">Not a JSON object, or too long. An empty body is an empty object.</exception>
    public static async Task<JsonBody> ReadAsync(HttpRequest request, CancellationToken stop)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBytes;
        try
        {
            using var buffer = new MemoryStream();
            await request.Body.CopyToAsync(buffer, stop);
            if (buffer.Length == 0) return new(default);
            var bytes = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
            using var document = JsonDocument.Parse(bytes, s_options);
            if (!JsonText.IsUnicode(bytes.Span, s_options.MaxDepth)) throw Refusal.Invalid("The body has text that is not Unicode (stray bytes or half a surrogate pair).");
            if (document.RootElement.ValueKind == JsonValueKind.Null) return new(default);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("The body must be a JSON object.");
            return new(document.RootElement.Clone());
        }
        catch (JsonException error)
        {
            throw Refusal.Invalid($"The body is not valid JSON: line {error.LineNumber + 1}, position {error.BytePositionInLine + 1}.");
        }
    }

    /// <summary>As <see cref="ReadAsync(HttpRequest, CancellationToken)"/>, for the hub's own clients, to whom a misspelt field is better said than passed over.</summary>
    /// <exception cref="Refusal">Also: a field that is none of these.</exception>
    public static async Task<JsonBody> ReadAsync(HttpRequest request, IReadOnlyList<string> fields, CancellationToken stop)
    {
        var body = await ReadAsync(request, stop);
        if (body.Root.ValueKind == JsonValueKind.Object)
            foreach (var field in body.Root.EnumerateObject())
                if (!fields.Contains(field.Name)) throw NoField(field.Name, fields);
        return body;
    }

    public static Refusal NoField(string name, IEnumerable<string> fields) =>
        Refusal.Invalid($"\"{(name.Length > 60 ? name[..60] + "…" : name)}\" is no field here; there are {string.Join(", ", fields)}.");

    /// <summary>All of it; undefined when the body was empty.</summary>
    public JsonElement Root => root;

    public JsonElement? Value(string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) ? value : null;

    /// <summary>Null when the field is absent, null or not text.</summary>
    /// <exception cref="Refusal">It contains NUL, which no name or sentence does and PostgreSQL cannot store.</exception>
    public string? Text(string name)
    {
        if (Value(name) is not { ValueKind: JsonValueKind.String } value) return null;
        var text = value.GetString()!;
        return text.Contains('\0') ? throw Refusal.Invalid($"\"{name}\" must not contain NUL.") : text;
    }

    public long? Number(string name) => Value(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public bool Flag(string name) => Value(name) is { ValueKind: JsonValueKind.True };

    public IReadOnlyList<JsonElement> List(string name) => Value(name) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray()] : [];
}
