using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelZoo.Evaluation.Tasks;

/// <summary>
/// Reads task files. Nothing is made from names found in the text: the one tag, <c>!function</c>, stays a name. Words mean what PyYAML makes of them
/// (YAML 1.1: <c>yes</c> is true, <c>1e3</c> a text). Aliases count as if written out, so that a short text cannot become a large one.
/// </summary>
sealed partial class TaskYaml
{
    /// <summary>The largest published task file has 60,000 values (inline examples).</summary>
    public const int MaxNodes = 200_000;

    public const int MaxDepth = 32, MaxCharacters = 4 << 20;

    const string CoreTag = "tag:yaml.org,2002:", FunctionTag = "!function", MergeKey = "<<";

    readonly Parser _parser;
    readonly string _file;
    readonly Dictionary<string, (TaskNode Value, int Nodes, int Height)> _anchors = new(StringComparer.Ordinal);
    int _nodes;

    TaskYaml(string text, string file)
    {
        _parser = new Parser(new StringReader(text));
        _file = file;
    }

    /// <exception cref="EvaluationException">The text is not YAML, no mapping, or too much of it; the message says where.</exception>
    public static TaskMap Parse(string text, string file)
    {
        if (text.Length > MaxCharacters) throw new EvaluationException($"{file}: it has {text.Length} characters; at most {MaxCharacters} are read.");
        var reader = new TaskYaml(text, file);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException broken)
        {
            throw reader.Wrong((int)broken.End.Line, "this is not valid YAML.");
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException)
        {
            // The scanner's own way to fail on some texts.
            throw reader.Wrong((int)(reader._parser.Current?.End.Line ?? 0), "this is not valid YAML.");
        }
    }

    EvaluationException Wrong(int line, string reason) => new($"{_file}, line {line}: {reason}");

    TaskMap ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.TryConsume<StreamEnd>(out _)) throw Wrong(1, "the file is empty.");
        _parser.Consume<DocumentStart>();
        var root = Read(1, out _);
        _parser.Consume<DocumentEnd>();
        if (!_parser.TryConsume<StreamEnd>(out _)) throw Wrong(Line(_parser.Current!.Start), "only one document is read.");
        return root as TaskMap ?? throw root.Wrong("a task file is a mapping.");
    }

    static int Line(Mark mark) => (int)mark.Line;

    TaskNode Read(int depth, out int height)
    {
        var line = Line(_parser.Current?.Start ?? Mark.Empty);
        if (depth > MaxDepth) throw Wrong(line, $"values are nested deeper than {MaxDepth}.");
        if (++_nodes > MaxNodes) throw Wrong(line, $"there are more than {MaxNodes} values.");
        var before = _nodes;
        if (_parser.TryConsume<AnchorAlias>(out var alias)) return Expand(alias, depth, out height);
        var node = _parser.Consume<NodeEvent>();
        line = Line(node.Start);
        var tag = node.Tag.IsEmpty ? "" : node.Tag.Value;
        TaskNode value;
        switch (node)
        {
            case Scalar scalar when tag == FunctionTag:
                height = 1;
                value = new TaskFunction(_file, line, scalar.Value);
                break;
            case Scalar scalar when IsPlain(tag):
                height = 1;
                var isText = scalar.Style != ScalarStyle.Plain || tag is "!" or CoreTag + "str";
                value = new TaskScalar(_file, line, isText ? scalar.Value : Meaning(scalar.Value));
                break;
            case SequenceStart when IsPlain(tag): value = ReadList(line, depth, out height); break;
            case MappingStart when IsPlain(tag): value = ReadMap(line, depth, out height); break;
            default: throw Wrong(line, $"the tag '{tag}' is not allowed.");
        }
        if (!node.Anchor.IsEmpty) _anchors[node.Anchor.Value] = (value, _nodes - before + 1, height);
        return value;
    }

    static bool IsPlain(string tag) => tag is "" or "!" or CoreTag + "null" or CoreTag + "bool" or CoreTag + "int" or CoreTag + "float" or CoreTag + "str" or CoreTag + "seq" or CoreTag + "map";

    /// <summary>An anchor is known only once its value ended, so a value cannot hold itself.</summary>
    TaskNode Expand(AnchorAlias alias, int depth, out int height)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var anchored)) throw Wrong(Line(alias.Start), $"'*{alias.Value.Value}' refers to nothing before it.");
        height = anchored.Height;
        _nodes += anchored.Nodes - 1;
        if (_nodes > MaxNodes || depth + height - 1 > MaxDepth) throw Wrong(Line(alias.Start), "aliases make too much of this.");
        return anchored.Value;
    }

    TaskList ReadList(int line, int depth, out int height)
    {
        var items = new List<TaskNode>();
        height = 1;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Read(depth + 1, out var inner));
            height = Math.Max(height, inner + 1);
        }
        return new(_file, line, items);
    }

    TaskMap ReadMap(int line, int depth, out int height)
    {
        var entries = new List<TaskEntry>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var merged = new List<TaskEntry>();
        height = 1;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (Read(depth + 1, out _) is not TaskScalar key) throw Wrong(line, "a key must be a word.");
            var value = Read(depth + 1, out var inner);
            height = Math.Max(height, inner + 1);
            if (key.Value is MergeKey)
            {
                foreach (var map in value is TaskList several ? several.Items : [value]) merged.AddRange((map as TaskMap ?? throw map.Wrong("'<<' takes mappings.")).Entries);
                continue;
            }
            var entry = new TaskEntry(PlainValues.Word(key.Value), value, key.Value is not string);
            // PyYAML takes the last of equal keys.
            if (places.TryGetValue(entry.Key, out var place)) entries[place] = entry;
            else
            {
                places.Add(entry.Key, entries.Count);
                entries.Add(entry);
            }
        }
        foreach (var entry in merged)
            if (places.TryAdd(entry.Key, entries.Count)) entries.Add(entry);
        return new(_file, line, entries);
    }

    /// <summary>PyYAML's implicit types, without dates and numbers to the base 60.</summary>
    static object? Meaning(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL": return null;
            case "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON": return true;
            case "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF": return false;
            case ".nan" or ".NaN" or ".NAN": return double.NaN;
        }
        if (Infinite().Match(text) is { Success: true }) return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        if (Whole().IsMatch(text) && long.TryParse(text.Replace("_", ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        if (Hexadecimal().IsMatch(text) && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out whole)) return whole;
        return Real().IsMatch(text) && double.TryParse(text.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : text;
    }

    [GeneratedRegex(@"^[-+]?\.(inf|Inf|INF)$", RegexOptions.CultureInvariant)]
    private static partial Regex Infinite();

    [GeneratedRegex("^[-+]?(0|[1-9][0-9_]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();

    [GeneratedRegex("^0x[0-9a-fA-F]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"^[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?)$", RegexOptions.CultureInvariant)]
    private static partial Regex Real();
}
