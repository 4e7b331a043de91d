using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelZoo.Inference.Files;

/// <summary>Reads a small YAML file as the JSON that it stands for, so that both are asked in one way. No tags, no aliases, bounded in size, depth and number.</summary>
static class YamlParts
{
    const int MaxBytes = 1 << 20, MaxDepth = 16, MaxValues = 20_000;

    static readonly string[] s_tags = [.. new[] { "null", "bool", "int", "float", "str", "seq", "map" }.Select(kind => $"tag:yaml.org,2002:{kind}")];

    static readonly string[] s_nulls = ["", "~", "null", "Null", "NULL"], s_yes = ["true", "True", "TRUE"], s_no = ["false", "False", "FALSE"];

    public static JsonElement Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        if (bytes.Length > MaxBytes) throw new InferenceException(InferenceFault.Limit, $"'{name}' has {bytes.Length} bytes; at most {MaxBytes} are read.");
        JsonNode? root;
        try
        {
            var parser = new Parser(new StringReader(new UTF8Encoding(false, true).GetString(bytes.Span)));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _)) throw JsonParts.Bad($"'{name}' is empty.");
            parser.Consume<DocumentStart>();
            var values = 0;
            root = Read(parser, name, 1, ref values);
            parser.Consume<DocumentEnd>();
            if (!parser.TryConsume<StreamEnd>(out _)) throw JsonParts.Bad($"'{name}' holds more than one document.");
        }
        // What is not YAML fails in several ways inside the scanner.
        catch (Exception e) when (e is YamlException or InvalidOperationException or ArgumentException)
        {
            throw new InferenceException(InferenceFault.Model, $"'{name}' is not valid YAML{(e is YamlException at ? $" (line {at.Start.Line})" : "")}.", e);
        }
        return root is JsonObject ? JsonSerializer.SerializeToElement(root) : throw JsonParts.Bad($"'{name}' must be a mapping.");
    }

    static JsonNode? Read(Parser parser, string name, int depth, ref int values)
    {
        if (depth > MaxDepth) throw JsonParts.Bad($"'{name}' is nested deeper than {MaxDepth}.");
        if (++values > MaxValues) throw JsonParts.Bad($"'{name}' holds more than {MaxValues} values.");
        if (parser.Accept<AnchorAlias>(out _)) throw JsonParts.Bad($"'{name}' uses an alias; write the value out.");
        var node = parser.Consume<NodeEvent>();
        if (!node.Tag.IsEmpty && !s_tags.Contains(node.Tag.Value)) throw JsonParts.Bad($"'{name}' uses the tag '{node.Tag.Value}'; tags are not read.");
        switch (node)
        {
            case Scalar scalar: return scalar.Style == ScalarStyle.Plain ? Resolve(scalar.Value) : JsonValue.Create(scalar.Value);
            case SequenceStart:
                var list = new JsonArray();
                while (!parser.TryConsume<SequenceEnd>(out _)) list.Add(Read(parser, name, depth + 1, ref values));
                return list;
            default:
                var map = new JsonObject();
                while (!parser.TryConsume<MappingEnd>(out _))
                {
                    var key = parser.TryConsume<Scalar>(out var scalar) ? scalar.Value : throw JsonParts.Bad($"A key of '{name}' is no text.");
                    if (map.ContainsKey(key)) throw JsonParts.Bad($"'{name}' has the key '{key}' twice.");
                    map.Add(key, Read(parser, name, depth + 1, ref values));
                }
                return map;
        }
    }

    /// <summary>What a plain word means, in YAML 1.2's core schema.</summary>
    static JsonValue? Resolve(string text)
    {
        if (s_nulls.Contains(text)) return null;
        if (s_yes.Contains(text)) return JsonValue.Create(true);
        if (s_no.Contains(text)) return JsonValue.Create(false);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return JsonValue.Create(whole);
        return (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
            ? JsonValue.Create(real) : JsonValue.Create(text);
    }
}
