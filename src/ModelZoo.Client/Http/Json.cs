using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>How values are written on the wire.</summary>
static class Json
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new RepoPathConverter() },
    };

    /// <summary>A hub's listing is input like any other: a path that would leave its folder is refused here, before it can be one.</summary>
    sealed class RepoPathConverter : JsonConverter<RepoPath>
    {
        public override RepoPath Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            RepoPath.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, RepoPath value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}

/// <summary>Reads text, numbers and booleans as text; used where hubs differ.</summary>
sealed class LooseTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => reader.TryGetInt64(out var whole) ? whole.ToString(CultureInfo.InvariantCulture) : reader.GetDouble().ToString(CultureInfo.InvariantCulture),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => null,
        _ => throw new JsonException($"Expected text, found {reader.TokenType}."),
    };

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
