using System.Text.Json;
using System.Text.Unicode;

namespace ModelZoo.Weights.Llama;

/// <summary>Reads a JSON file of a model: bounded in size and depth, and an object at the top.</summary>
static class JsonFile
{
    /// <summary>The largest tokenizer files of 2026 have below 40 MB.</summary>
    const int MaxBytes = 128 << 20;

    /// <summary>Some editors begin UTF-8 with a byte order mark.</summary>
    static readonly byte[] s_mark = [0xef, 0xbb, 0xbf];

    /// <summary>Null when there is no such file.</summary>
    public static async Task<JsonElement?> FindAsync(IModelFiles files, string name, CancellationToken stop)
    {
        if (await FindBytesAsync(files, name, MaxBytes, stop) is not { } bytes) return null;
        if (!Utf8.IsValid(bytes)) throw new ConversionException($"'{name}' is not UTF-8 text.");
        try
        {
            using var json = JsonDocument.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith(s_mark) ? s_mark.Length : 0), new JsonDocumentOptions { MaxDepth = WeightLimits.MaxDepth });
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? json.RootElement.Clone() : throw new ConversionException($"'{name}' must be a JSON object.");
        }
        catch (JsonException)
        {
            throw new ConversionException($"'{name}' is not valid JSON (or nested too deeply).");
        }
    }

    public static async Task<byte[]?> FindBytesAsync(IModelFiles files, string name, int limit, CancellationToken stop)
    {
        if (files.Files.All(file => file.Path != name)) return null;
        var source = await files.OpenAsync(name, stop);
        using var _ = source as IDisposable;
        if (source.Length > limit) throw new ConversionException($"'{name}' has {source.Length} bytes; at most {limit} are read.");
        var bytes = new byte[source.Length];
        for (var filled = 0; filled < bytes.Length;)
        {
            var read = await source.ReadAsync(filled, bytes.AsMemory(filled), stop);
            if (read <= 0) throw new ConversionException($"'{name}' ends too early.");
            filled += read;
        }
        return bytes;
    }

    public static JsonElement? Find(this JsonElement parent, string key) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? FindText(this JsonElement parent, string key) => parent.Find(key) is { ValueKind: JsonValueKind.String } text ? Text(text, key) : null;

    public static bool? FindFlag(this JsonElement parent, string key) =>
        parent.Find(key) is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag ? flag.GetBoolean() : null;

    public static uint? FindCount(this JsonElement parent, string key) => parent.Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out var number) && number <= int.MaxValue
            ? number : throw new ConversionException($"'{key}' is {Shorten(value)}; it must be a whole number from 0 to 2^31-1.");

    public static float? FindReal(this JsonElement parent, string key) => parent.Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && float.IsFinite((float)number)
            ? (float)number : throw new ConversionException($"'{key}' is {Shorten(value)}; it must be a number.");

    /// <summary>A text's value; one with half of a surrogate pair cannot be written as UTF-8.</summary>
    public static string Text(JsonElement value, string what)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new ConversionException($"'{what}' holds a text that is not valid Unicode.");
        }
    }

    /// <summary>A key, under the same condition.</summary>
    public static string Key(JsonProperty property, string what)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw new ConversionException($"'{what}' has a key that is not valid Unicode.");
        }
    }

    static string Shorten(JsonElement value) => value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText();
}
