using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>YAML as people write it in model cards, with the line of each value. No tags, no references to other values: a short text cannot become a large one.</summary>
sealed class YamlValue
{
    const int MaxDepth = 32;
    const int MaxValues = 100_000;

    public int Line { get; private init; }

    /// <summary>The text of a single value; null for null, lists and mappings.</summary>
    public string? Text { get; private init; }

    /// <summary>True when the text stood in quotes.</summary>
    public bool IsQuoted { get; private init; }
    public IReadOnlyList<YamlValue> Items { get; private init; } = [];
    public IReadOnlyDictionary<string, YamlValue> Members { get; private init; } = new Dictionary<string, YamlValue>();

    public YamlValue? Find(params ReadOnlySpan<string> path)
    {
        var value = this;
        foreach (var name in path)
            if (!value.Members.TryGetValue(name, out value!)) return null;
        return value;
    }

    public string? FindText(params ReadOnlySpan<string> path) => Find(path)?.Text;

    /// <summary>A number, also one in quotes or with a percent sign, which is what the flag says.</summary>
    public (double Value, bool IsPercent)? Number()
    {
        if (Text is not { } text) return null;
        text = text.Trim();
        var isPercent = text.EndsWith('%');
        if (isPercent) text = text[..^1].TrimEnd();
        if (text is ".nan" or ".NaN" or ".NAN") return (double.NaN, isPercent);
        if (text.TrimStart('+', '-') is ".inf" or ".Inf" or ".INF") return (double.PositiveInfinity, isPercent);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (number, isPercent) : null;
    }

    /// <param name="firstLine">Line of the file on which the text begins, from 1.</param>
    public static YamlValue Parse(SubmissionFile file, string text, int firstLine = 1)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _)) return new() { Line = firstLine };
            parser.Consume<DocumentStart>();
            var values = 0;
            return Read(file, parser, firstLine - 1, 1, ref values);
        }
        catch (Exception broken) when (broken is YamlException or InvalidOperationException or ArgumentException)
        {
            throw new EvaluationException($"{file.Path}, line {(parser.Current?.End.Line ?? 0) + firstLine - 1}: this is not valid YAML.", broken);
        }
    }

    static YamlValue Read(SubmissionFile file, Parser parser, int before, int depth, ref int values)
    {
        var line = (int)(parser.Current?.Start.Line ?? 0) + before;
        if (depth > MaxDepth) throw new EvaluationException($"{file.Path}, line {line}: values are nested deeper than {MaxDepth}.");
        if (++values > MaxValues) throw new EvaluationException($"{file.Path}, line {line}: there are more than {MaxValues} values.");
        if (parser.Accept<AnchorAlias>(out _)) throw new EvaluationException($"{file.Path}, line {line}: references to other values are not read.");
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            var quoted = scalar.Style != ScalarStyle.Plain;
            return new() { Line = line, IsQuoted = quoted, Text = !quoted && scalar.Value is "" or "~" or "null" ? null : scalar.Value };
        }
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlValue>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Read(file, parser, before, depth + 1, ref values));
            return new() { Line = line, Items = items };
        }
        parser.Consume<MappingStart>();
        var members = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Read(file, parser, before, depth + 1, ref values);
            var value = Read(file, parser, before, depth + 1, ref values);
            if (key.Text is { } name && !members.TryAdd(name, value)) throw new EvaluationException($"{file.Path}, line {key.Line}: '{name}' stands here twice.");
        }
        return new() { Line = line, Members = members };
    }
}
