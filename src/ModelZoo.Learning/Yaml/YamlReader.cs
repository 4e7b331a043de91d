using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelZoo.Learning.Yaml;

/// <summary>
/// Reads a recipe's YAML as plain values with their places. No tags of a language; aliases are copied by reference but counted as if written out, so
/// that a short text cannot become a large one.
/// </summary>
public sealed class YamlReader
{
    /// <summary>Most values of a recipe, aliases written out.</summary>
    public const int MaxNodes = 200_000;

    public const int MaxDepth = 32;

    /// <summary>Longest text read.</summary>
    public const int MaxCharacters = 4 << 20;

    const string CoreTag = "tag:yaml.org,2002:";

    readonly Parser _parser;
    readonly Dictionary<string, (YamlNode Value, int Nodes, int Height)> _anchors = new(StringComparer.Ordinal);
    int _nodes;

    YamlReader(string text) => _parser = new Parser(new StringReader(text));

    /// <returns>The root mapping.</returns>
    /// <exception cref="RecipeException">The text is not YAML, no mapping, too much of it, or holds a tag.</exception>
    public static YamlMap Parse(string text)
    {
        if (text.Length > MaxCharacters) throw new RecipeException(0, "", $"The text has {text.Length} characters; at most {MaxCharacters} are read.");
        var reader = new YamlReader(text);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException broken)
        {
            throw new RecipeException((int)broken.End.Line, "", "this is not valid YAML.");
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException)
        {
            // The scanner's own way to fail on some texts.
            throw new RecipeException((int)(reader._parser.Current?.End.Line ?? 0), "", "this is not valid YAML.");
        }
    }

    YamlMap ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.TryConsume<StreamEnd>(out _)) throw new RecipeException(1, "", "the text is empty.");
        _parser.Consume<DocumentStart>();
        var root = Read("", 1, out _);
        _parser.Consume<DocumentEnd>();
        if (!_parser.TryConsume<StreamEnd>(out _)) throw new RecipeException(Line(_parser.Current!.Start), "", "only one document is read.");
        return root as YamlMap ?? throw root.Wrong("a mapping is expected.");
    }

    YamlNode Read(string key, int depth, out int height)
    {
        var line = Line(_parser.Current?.Start ?? Mark.Empty);
        if (depth > MaxDepth) throw new RecipeException(line, key, $"values are nested deeper than {MaxDepth}.");
        if (++_nodes > MaxNodes) throw new RecipeException(line, key, $"there are more than {MaxNodes} values.");
        var before = _nodes;
        if (_parser.TryConsume<AnchorAlias>(out var alias)) return Expand(alias, key, depth, out height);
        var node = _parser.Consume<NodeEvent>();
        line = Line(node.Start);
        var tag = node.Tag.IsEmpty ? "" : node.Tag.Value;
        if (tag is not ("" or "!" or CoreTag + "null" or CoreTag + "bool" or CoreTag + "int" or CoreTag + "float" or CoreTag + "str" or CoreTag + "seq" or CoreTag + "map")) throw new RecipeException(line, key, $"the tag '{tag}' is not allowed.");
        YamlNode value;
        switch (node)
        {
            case Scalar scalar:
                height = 1;
                var isText = scalar.Style != ScalarStyle.Plain || tag is "!" or CoreTag + "str";
                value = new YamlScalar(line, key, scalar.Value, isText ? scalar.Value : YamlScalar.Resolve(scalar.Value));
                break;
            case SequenceStart:
                value = ReadList(line, key, depth, out height);
                break;
            case MappingStart:
                value = ReadMap(line, key, depth, out height);
                break;
            default:
                throw new RecipeException(line, key, "this is not valid YAML.");
        }
        if (!node.Anchor.IsEmpty) _anchors[node.Anchor.Value] = (value, _nodes - before + 1, height);
        return value;
    }

    /// <summary>An anchor is known only once its value ended, so a value cannot hold itself.</summary>
    YamlNode Expand(AnchorAlias alias, string key, int depth, out int height)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var anchored)) throw new RecipeException(Line(alias.Start), key, $"'*{alias.Value.Value}' refers to nothing before it.");
        height = anchored.Height;
        _nodes += anchored.Nodes - 1;
        if (_nodes > MaxNodes || depth + height - 1 > MaxDepth) throw new RecipeException(Line(alias.Start), key, "aliases make too much of this.");
        return anchored.Value;
    }

    YamlList ReadList(int line, string key, int depth, out int height)
    {
        var items = new List<YamlNode>();
        height = 1;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Read($"{key}[{items.Count}]", depth + 1, out var inner));
            height = Math.Max(height, inner + 1);
        }
        return new(line, key, items);
    }

    YamlMap ReadMap(int line, string key, int depth, out int height)
    {
        var entries = new List<YamlEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        height = 1;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = Line(_parser.Current?.Start ?? Mark.Empty);
            if (Read(key, depth + 1, out _) is not YamlScalar name) throw new RecipeException(at, key, "a key must be a plain word.");
            var path = key.Length == 0 ? name.Text : $"{key}.{name.Text}";
            if (!names.Add(name.Text)) throw new RecipeException(at, path, "the key is given twice.");
            entries.Add(new(at, name.Text, Read(path, depth + 1, out var inner)));
            height = Math.Max(height, inner + 1);
        }
        return new(line, key, entries);
    }

    static int Line(Mark mark) => (int)mark.Line;
}
