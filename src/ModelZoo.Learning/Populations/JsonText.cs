using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;

namespace ModelZoo.Learning.Populations;

/// <summary>How the JSON files of a population are written and read.</summary>
static class JsonText
{
    static readonly JsonSerializerOptions s_pages = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonSerializerOptions s_lines = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 32 };

    public static byte[] Page(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString(s_pages) + "\n");

    public static string Line(JsonNode node) => node.ToJsonString(s_lines);

    /// <summary>A plain value or nested maps of them, numbers in their shortest form.</summary>
    public static JsonNode? Of(object? value) => JsonNode.Parse(CanonicalJson.Write(value));

    /// <summary>JSON has no NaN and no infinities; what was none is null.</summary>
    public static JsonNode? Of(double? number) => number is { } real && double.IsFinite(real) ? JsonValue.Create(real) : null;

    /// <exception cref="PopulationException">The content is no JSON object.</exception>
    public static JsonElement Read(ReadOnlyMemory<byte> content, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(content, s_reading);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : throw new PopulationException($"'{path}' holds no JSON object.");
        }
        catch (JsonException problem)
        {
            throw new PopulationException($"'{path}' is torn or no JSON: {problem.Message}", problem);
        }
    }

    public static string? FindText(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static long? FindWhole(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) ? whole : null;

    public static double? FindReal(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    public static JsonElement? FindObject(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    /// <summary>Text, flag, whole or real number; anything else as its JSON, and so a number beyond all that can be held.</summary>
    public static object? Plain(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole : value.GetDouble() is var real && double.IsFinite(real) ? real : value.GetRawText(),
        _ => value.GetRawText(),
    };
}
