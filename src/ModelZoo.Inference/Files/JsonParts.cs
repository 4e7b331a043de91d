using System.Text.Json;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Files;

/// <summary>Reads a model's JSON files: bounded in size and depth, and with errors that name the key.</summary>
static class JsonParts
{
    /// <summary>The largest tokenizer files of 2026 have below 40 MB.</summary>
    public const int MaxBytes = 128 << 20;

    const int MaxDepth = 64;

    static readonly byte[] s_mark = [0xEF, 0xBB, 0xBF];

    public static JsonElement Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        if (bytes.Length > MaxBytes) throw new InferenceException(InferenceFault.Limit, $"'{name}' has {bytes.Length} bytes; at most {MaxBytes} are read.");
        try
        {
            using var json = JsonDocument.Parse(bytes.Span.StartsWith(s_mark) ? bytes[s_mark.Length..] : bytes, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : throw Bad($"'{name}' must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InferenceException(InferenceFault.Model, $"'{name}' is not valid JSON (or nested too deeply).", e);
        }
    }

    /// <summary>Null when the model has no such file.</summary>
    public static async Task<JsonElement?> FindFileAsync(IModelFiles files, string path, CancellationToken stop) =>
        await FindBytesAsync(files, path, stop) is { } bytes ? Parse(bytes, path) : null;

    public static async Task<byte[]?> FindBytesAsync(IModelFiles files, string path, CancellationToken stop)
    {
        if (files.Files.All(file => file.Path != path)) return null;
        var source = await files.OpenAsync(path, stop);
        using var _ = source as IDisposable;
        if (source.Length > MaxBytes) throw new InferenceException(InferenceFault.Limit, $"'{path}' has {source.Length} bytes; at most {MaxBytes} are read.");
        var bytes = new byte[source.Length];
        for (var filled = 0; filled < bytes.Length;)
        {
            var read = await source.ReadAsync(filled, bytes.AsMemory(filled), stop);
            if (read <= 0) throw Bad($"'{path}' ends too early.");
            filled += read;
        }
        return bytes;
    }

    public static JsonElement? Find(this JsonElement parent, string key) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? FindText(this JsonElement parent, string key) => parent.Find(key) is { ValueKind: JsonValueKind.String } text ? text.Text() : null;

    public static string GetText(this JsonElement parent, string key) => parent.FindText(key) ?? throw Bad($"'{key}' is missing or no text.");

    public static bool Flag(this JsonElement parent, string key, bool otherwise = false) => parent.Find(key) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => otherwise,
    };

    public static int? FindInt(this JsonElement parent, string key) => parent.Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Bad($"'{key}' is no whole number below 2^31.");

    public static double? FindReal(this JsonElement parent, string key) => parent.Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Bad($"'{key}' is no number.");

    public static IEnumerable<JsonElement> List(this JsonElement parent, string key) => parent.Find(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray(),
        _ => throw Bad($"'{key}' is no list."),
    };

    public static string Text(this JsonElement value)
    {
        try
        {
            return value.GetString() ?? throw Bad("A text is missing.");
        }
        catch (InvalidOperationException)
        {
            throw Bad("A text is none, or not valid Unicode.");
        }
    }

    public static string Key(this JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw Bad("A key is not valid Unicode.");
        }
    }

    public static InferenceException Bad(string message) => new(InferenceFault.Model, message);
}
