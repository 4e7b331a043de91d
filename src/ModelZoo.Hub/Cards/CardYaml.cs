using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelZoo.Hub.Cards;

/// <summary>Why a block of YAML was not read.</summary>
sealed class CardYamlException(CardFinding finding) : Exception(finding.Message)
{
    public CardFinding Finding { get; } = finding;
}

/// <summary>
/// Reads YAML as plain values: the core schema of YAML 1.2 (so <c>no</c> is text), no tags of a language, aliases copied
/// by reference but counted as if written out. Nothing is constructed from names found in the text.
/// </summary>
sealed class CardYaml
{
    /// <summary>Most values a block may hold, aliases written out.</summary>
    public const int MaxNodes = 10_000;

    public const int MaxDepth = 32;

    const string CoreTag = "tag:yaml.org,2002:";

    readonly Parser _parser;
    readonly int _firstLine;
    readonly List<CardFinding> _findings = [];
    readonly Dictionary<string, (CardValue Value, int Nodes, int Depth)> _anchors = new(StringComparer.Ordinal);
    int _nodes;

    CardYaml(string yaml, int firstLine)
    {
        _parser = new Parser(new StringReader(yaml));
        _firstLine = firstLine;
    }

    /// <param name="firstLine">The line of the file on which <paramref name="yaml"/> begins; places are said in lines of the file.</param>
    /// <returns>The value (an empty mapping for an empty text) and warnings.</returns>
    /// <exception cref="CardYamlException">The text is not YAML, is too much of it, or holds a tag.</exception>
    public static (CardValue Root, IReadOnlyList<CardFinding> Findings) Parse(string yaml, int firstLine = 1)
    {
        var reader = new CardYaml(yaml, firstLine);
        try
        {
            return (reader.ReadDocument(), reader._findings);
        }
        catch (YamlException broken)
        {
            throw reader.Syntax(broken.End);        // where it broke; Start is where the broken value began
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException)
        {
            // The scanner's own way to fail on some texts, for instance a quote that is opened inside an open list.
            throw reader.Syntax(reader._parser.Current?.End ?? Mark.Empty);
        }
    }

    CardValue ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.TryConsume<StreamEnd>(out _)) return CardMap.Empty;
        _parser.Consume<DocumentStart>();
        var root = Read(1, out _);
        _parser.Consume<DocumentEnd>();
        if (!_parser.TryConsume<StreamEnd>(out _)) throw Syntax(_parser.Current!.Start);
        return root is CardScalar { Kind: ScalarKind.Null, Raw: "" } ? CardMap.Empty : root;
    }

    CardValue Read(int depth, out int height)
    {
        if (depth > MaxDepth || ++_nodes > MaxNodes) throw Syntax(_parser.Current?.Start ?? Mark.Empty);
        var before = _nodes;
        if (_parser.TryConsume<AnchorAlias>(out var alias)) return Expand(alias, depth, out height);

        var node = _parser.Consume<NodeEvent>();
        var tag = node.Tag.IsEmpty ? "" : node.Tag.Value;
        CardValue value = node switch
        {
            Scalar scalar => ReadScalar(scalar, tag, out height),
            SequenceStart => ReadList(tag, node, depth, out height),
            MappingStart => ReadMap(tag, node, depth, out height),
            _ => throw Syntax(node.Start),
        };
        if (!node.Anchor.IsEmpty) _anchors[node.Anchor.Value] = (value, _nodes - before + 1, height);
        return value;
    }

    /// <summary>An anchor is known only once its value ended, so a value cannot hold itself.</summary>
    CardValue Expand(AnchorAlias alias, int depth, out int height)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var anchored)) throw Syntax(alias.Start);
        _nodes += anchored.Nodes - 1;
        height = anchored.Depth;
        if (_nodes > MaxNodes || depth + height - 1 > MaxDepth) throw Syntax(alias.Start);
        return anchored.Value;
    }

    CardScalar ReadScalar(Scalar scalar, string tag, out int height)
    {
        height = 1;
        var plain = scalar.Style == ScalarStyle.Plain;
        if (tag is "" or CoreTag + "null" or CoreTag + "bool" or CoreTag + "int" or CoreTag + "float")
            return new(scalar.Value, plain || tag.Length > 0 ? CoreSchema.Resolve(scalar.Value) : ScalarKind.Text, plain);
        return tag is "!" or CoreTag + "str" ? new(scalar.Value, ScalarKind.Text, plain) : throw Refused(tag, scalar.Start);
    }

    CardList ReadList(string tag, NodeEvent start, int depth, out int height)
    {
        if (tag is not ("" or "!" or CoreTag + "seq")) throw Refused(tag, start.Start);
        var values = new List<CardValue>();
        height = 1;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            values.Add(Read(depth + 1, out var inner));
            height = Math.Max(height, inner + 1);
        }
        return new(values);
    }

    CardMap ReadMap(string tag, NodeEvent start, int depth, out int height)
    {
        if (tag is not ("" or "!" or CoreTag + "map")) throw Refused(tag, start.Start);
        var entries = new List<KeyValuePair<string, CardValue>>();
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
        height = 1;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = _parser.Current?.Start ?? start.Start;
            if (Read(depth + 1, out _) is not CardScalar key) throw Syntax(at);
            var entry = KeyValuePair.Create(key.Raw, Read(depth + 1, out var inner));
            height = Math.Max(height, inner + 1);
            if (positions.TryAdd(key.Raw, entries.Count))
            {
                entries.Add(entry);
                continue;
            }
            entries[positions[key.Raw]] = entry;
            _findings.Add(CardFinding.Warning("duplicate_key", $"line {Line(at)}", $"`{key.Raw}` is given twice; the last one counts."));
        }
        return new(entries);
    }

    long Line(Mark mark) => mark.Line + _firstLine - 1;

    CardYamlException Syntax(Mark mark) => new(CardFinding.Error("yaml_syntax", $"line {Line(mark)}",
        $"The metadata block is not valid YAML: line {Line(mark)}, column {mark.Column}."));

    CardYamlException Refused(string tag, Mark mark)
    {
        var shown = tag.StartsWith(CoreTag, StringComparison.Ordinal) ? "!!" + tag[CoreTag.Length..] : tag;
        return new(CardFinding.Error("yaml_tag", $"line {Line(mark)}", $"The tag `{shown}` is not allowed."));
    }
}
