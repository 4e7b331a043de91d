using System.Text.Json.Nodes;

namespace ModelZoo.Inference.Serving;

/// <summary>Reads requests of strangers: what has the wrong type is refused with its name.</summary>
static class RequestParts
{
    public static InferenceException Bad(string message) => new(InferenceFault.Input, message);

    public static bool Flag(this JsonObject from, string key, bool otherwise = false) => from[key] switch
    {
        null => otherwise,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        _ => throw Bad($"\"{key}\" must be true or false."),
    };

    public static int? Int(this JsonObject from, string key) => from[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out int number) => number,
        JsonValue value when value.TryGetValue(out double real) && real == Math.Floor(real) && Math.Abs(real) < int.MaxValue => (int)real,
        _ => throw Bad($"\"{key}\" must be a whole number."),
    };

    public static long? Long(this JsonObject from, string key) => from[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out long number) => number,
        _ => throw Bad($"\"{key}\" must be a whole number."),
    };

    public static double? Real(this JsonObject from, string key) => from[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out double number) && double.IsFinite(number) => number,
        _ => throw Bad($"\"{key}\" must be a number."),
    };

    public static string? Text(this JsonObject from, string key) => from[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw Bad($"\"{key}\" must be a text."),
    };

    /// <summary>One text or a list of them.</summary>
    public static IReadOnlyList<string> Texts(this JsonObject from, string key, int most) => from[key] switch
    {
        null => [],
        JsonArray list => list.Count > most ? throw Bad($"\"{key}\" may hold at most {most} texts.") : [.. list.Select(node => node is JsonValue value && value.TryGetValue(out string? text) ? text : throw Bad($"\"{key}\" must hold texts."))],
        JsonValue value when value.TryGetValue(out string? text) => [text],
        _ => throw Bad($"\"{key}\" must be a text or a list of texts."),
    };

    public static JsonNode Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : throw new InferenceException(InferenceFault.Execution, "The model's output is not a number.");

    public static JsonNode Number(float value) => float.IsFinite(value) ? JsonValue.Create(value) : throw new InferenceException(InferenceFault.Execution, "The model's output is not a number.");

    public static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> make) => new([.. items.Select(make)]);
}
