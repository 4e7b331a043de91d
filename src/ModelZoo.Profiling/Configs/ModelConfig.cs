using System.Text.Json;

namespace ModelZoo.Profiling;

/// <summary>
/// Keys of a <c>config.json</c>, read with bounds. A key of the wrong type counts as absent; a number beyond every model is refused. Code that a
/// repository offers beside its configuration (<c>auto_map</c>) is never run.
/// </summary>
public sealed class ModelConfig
{
    readonly JsonElement _json;

    ModelConfig(JsonElement json) => _json = json;

    /// <exception cref="ProfileException">No JSON object, too long, or nested too deeply.</exception>
    public static ModelConfig Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > ProfileLimits.MaxConfigBytes) throw new ProfileException($"The configuration has {json.Length} bytes; at most {ProfileLimits.MaxConfigBytes} are read.");
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        try
        {
            var options = new JsonReaderOptions { MaxDepth = ProfileLimits.MaxDepth, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            JsonText.Check(json, options);
            var reader = new Utf8JsonReader(json, options);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new ProfileException("The configuration must be a JSON object.");
            return new(document.RootElement.Clone());
        }
        catch (JsonException problem)
        {
            throw new ProfileException($"The configuration is not valid JSON, or nested more than {ProfileLimits.MaxDepth} deep (line {problem.LineNumber + 1}).", problem);
        }
    }

    public static ModelConfig From(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object ? new(json) : throw new ProfileException("The configuration must be a JSON object.");

    /// <summary>The family's name: <c>model_type</c>, the class of a diffusers component, or timm's <c>architecture</c>.</summary>
    public string? ModelType => FindText("model_type") ?? FindText("_class_name") ?? FindText("architecture");

    /// <summary>The first class of <c>architectures</c>.</summary>
    public string? Class => FindTexts("architectures") is [var first, ..] ? first : null;

    public bool Has(string key) => _json.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The key is there and says null, which is more than not saying anything.</summary>
    public bool IsNull(string key) => _json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    public long? FindWhole(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (_json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number) return Whole(key, value);
        return null;
    }

    public long GetWhole(params ReadOnlySpan<string> keys) =>
        FindWhole(keys) ?? throw new ProfileException($"The configuration has no '{keys[0]}'{(keys.Length > 1 ? $" (or {string.Join(", ", keys[1..].ToArray())})" : "")}.");

    public double? FindReal(string key) =>
        _json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    public bool? FindFlag(string key) => _json.TryGetProperty(key, out var value) ? value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    } : null;

    public string? FindText(string key) =>
        _json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= 1000 } text ? text : null;

    public IReadOnlyList<string>? FindTexts(string key)
    {
        if (!_json.TryGetProperty(key, out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ProfileLimits.MaxLayers) return null;
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String) return null;
            texts.Add(item.GetString()!);
        }
        return texts;
    }

    /// <summary>A list of whole numbers; null when absent or holding anything else.</summary>
    public IReadOnlyList<long>? FindWholes(string key)
    {
        if (!_json.TryGetProperty(key, out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ProfileLimits.MaxLayers) return null;
        var numbers = new List<long>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number) return null;
            numbers.Add(Whole(key, item));
        }
        return numbers;
    }

    /// <summary>An inner configuration, first match wins.</summary>
    public ModelConfig? FindPart(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (_json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Object) return new(value);
        return null;
    }

    /// <summary>Entries of an object such as <c>id2label</c>; null when it is none.</summary>
    public int? CountEntries(string key)
    {
        if (!_json.TryGetProperty(key, out var value) || value.ValueKind != JsonValueKind.Object) return null;
        return value.EnumerateObject().Count();
    }

    /// <summary>The keys of this object, for model_index.json.</summary>
    public IEnumerable<(string Key, JsonElement Value)> Entries => _json.EnumerateObject().Select(entry => (entry.Name, entry.Value));

    static long Whole(string key, JsonElement value)
    {
        if (!value.TryGetInt64(out var whole))
        {
            if (!value.TryGetDouble(out var real) || real != Math.Floor(real) || Math.Abs(real) > ProfileLimits.MaxDimension)
                throw new ProfileException($"'{key}' is {Shorten(value.GetRawText())}, which is no whole number of a sensible size.");
            whole = (long)real;
        }
        if (Math.Abs((double)whole) > ProfileLimits.MaxDimension) throw new ProfileException($"'{key}' is {whole}, beyond {ProfileLimits.MaxDimension}.");
        return whole;
    }

    static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
