using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>JSON answers made of many small objects, sent with their length.</summary>
static class JsonLines
{
    static readonly JsonWriterOptions s_options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static IResult Array(IEnumerable<JsonNode> items) => Array(items, (writer, item) => item.WriteTo(writer));

    /// <summary>For long lists: what each item says is written at once, without an object for it.</summary>
    public static IResult Array<T>(IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_options))
        {
            writer.WriteStartArray();
            foreach (var item in items) write(writer, item);
            writer.WriteEndArray();
        }
        return Results.Bytes(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), "application/json; charset=utf-8");
    }

    public static IResult Object(JsonNode item)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_options)) item.WriteTo(writer);
        return Results.Bytes(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), "application/json; charset=utf-8");
    }
}
