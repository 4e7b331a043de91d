using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>A file of YAML that cannot be read; the message says where.</summary>
sealed class ScoreYamlException(string message) : Exception(message);

/// <summary>
/// Reads YAML of strangers as JSON values: the core schema without tags, every alias counted as if written out. Numbers keep their digits;
/// <c>.nan</c> and <c>.inf</c>, which JSON does not have, stay texts.
/// </summary>
sealed class ScoreYaml
{
    public const int MaxNodes = 250_000;
    public const int MaxDepth = 32;

    readonly Parser _parser;
    readonly Dictionary<string, (JsonNode? Value, int Nodes, int Height)> _anchors = new(StringComparer.Ordinal);
    int _nodes;

    ScoreYaml(TextReader text) => _parser = new Parser(text);

    /// <exception cref="ScoreYamlException">No YAML, or more of it than is read.</exception>
    public static JsonNode? Parse(string text)
    {
        var reader = new ScoreYaml(new StringReader(text));
        try
        {
            reader._parser.Consume<StreamStart>();
            if (reader._parser.Accept<StreamEnd>(out _)) return null;
            reader._parser.Consume<DocumentStart>();
            var root = reader.Read(1, out _);
            reader._parser.Consume<DocumentEnd>();
            return reader._parser.Accept<StreamEnd>(out _) ? root : throw new ScoreYamlException("The file has more than one document.");
        }
        catch (YamlException error)
        {
            throw new ScoreYamlException($"It is not valid YAML: line {error.Start.Line}, column {error.Start.Column}.");
        }
    }

    JsonNode? Read(int depth, out int height)
    {
        if (depth > MaxDepth) throw new ScoreYamlException($"It is nested more than {MaxDepth} deep.");
        Count(1);
        height = 1;
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value.Value, out var known)) throw new ScoreYamlException($"Line {alias.Start.Line}: the alias names nothing before it.");
            Count(known.Nodes);
            height = known.Height;
            return depth + height - 1 > MaxDepth ? throw new ScoreYamlException($"It is nested more than {MaxDepth} deep.") : known.Value?.DeepClone();
        }
        var before = _nodes;
        var start = _parser.Consume<NodeEvent>();
        if (!start.Tag.IsEmpty && start.Tag.Value is not ("!" or "tag:yaml.org,2002:str")) throw new ScoreYamlException($"Line {start.Start.Line}: the tag {Shorten(start.Tag.Value)} is not allowed.");
        JsonNode? value;
        switch (start)
        {
            case Scalar scalar:
                value = scalar.Style == ScalarStyle.Plain && start.Tag.IsEmpty ? Plain(scalar.Value) : JsonValue.Create(scalar.Value);
                break;
            case SequenceStart:
                var list = new JsonArray();
                while (!_parser.TryConsume<SequenceEnd>(out _))
                {
                    list.Add(Read(depth + 1, out var inner));
                    height = Math.Max(height, inner + 1);
                }
                value = list;
                break;
            case MappingStart:
                var map = new JsonObject();
                while (!_parser.TryConsume<MappingEnd>(out _))
                {
                    if (!_parser.TryConsume<Scalar>(out var key)) throw new ScoreYamlException($"Line {start.Start.Line}: keys must be texts.");
                    map[key.Value] = Read(depth + 1, out var inner);        // the last of two equal keys counts
                    height = Math.Max(height, inner + 1);
                }
                value = map;
                break;
            default:
                throw new ScoreYamlException($"It is not valid YAML: line {start.Start.Line}.");
        }
        if (!start.Anchor.IsEmpty) _anchors[start.Anchor.Value] = (value?.DeepClone(), _nodes - before, height);
        return value;
    }

    void Count(int nodes)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes) throw new ScoreYamlException($"It has more than {MaxNodes} values.");
    }

    static JsonNode? Plain(string text)
    {
        if (text is "" or "~" or "null" or "Null" or "NULL") return null;
        if (text is "true" or "True" or "TRUE") return JsonValue.Create(true);
        if (text is "false" or "False" or "FALSE") return JsonValue.Create(false);
        return Number(text) is { } number ? number : JsonValue.Create(text);
    }

    /// <summary>The digits as written, where JSON's grammar has them.</summary>
    static JsonNode? Number(string text)
    {
        if (text.Length > 100 || !(char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')) return null;
        foreach (var c in text)
            if (!char.IsAsciiDigit(c) && c is not ('.' or 'e' or 'E' or '+' or '-')) return null;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value)) return null;
        var bare = text.TrimStart('+');
        try
        {
            return JsonNode.Parse(bare);
        }
        catch (System.Text.Json.JsonException)
        {
            return JsonValue.Create(value);     // 1. and .5 and 007
        }
    }

    static string Shorten(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
