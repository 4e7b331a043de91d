using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Inference.Snippets;

/// <summary>
/// A file of data/snippets with the values put in: <c>{{name}}</c> is a literal, <c>{{#fact}}</c> and <c>{{^fact}}</c> … <c>{{/fact}}</c> keep what is
/// between them or not, <c>{{>part}}</c> is another file. A tag of the last three kinds that has a line for itself leaves no empty line.
/// </summary>
sealed partial class ScriptTemplate
{
    const string Root = "data/snippets/";

    static readonly ConcurrentDictionary<string, string> s_texts = new();

    readonly ScriptLanguage _language;
    readonly string _parts, _extension;
    readonly IReadOnlyDictionary<string, object?> _values;
    readonly StringBuilder _output = new();

    ScriptTemplate(string path, IReadOnlyDictionary<string, object?> values)
    {
        _values = values;
        _extension = Path.GetExtension(path);
        _parts = path[..(path.LastIndexOf('/') + 1)] + "parts/";
        _language = _extension switch
        {
            ".py" => ScriptLanguage.Python,
            ".mjs" => ScriptLanguage.JavaScript,
            ".cs" => ScriptLanguage.CSharp,
            ".sh" => ScriptLanguage.Shell,
            "" => ScriptLanguage.Docker,
            _ => throw new ArgumentException($"'{path}' is of no language."),
        };
    }

    /// <exception cref="KeyNotFoundException">The template names what is not among the values.</exception>
    public static string Render(string path, IReadOnlyDictionary<string, object?> values)
    {
        var template = new ScriptTemplate(path, values);
        template.Write(Text(path));
        return template._output.ToString();
    }

    void Write(string text)
    {
        var open = new Stack<(string Name, bool IsKept)>();
        var at = 0;
        foreach (Match tag in Tags().Matches(text))
        {
            var (sign, name) = (tag.Groups["sign"].Value, tag.Groups["name"].Value);
            var (start, end) = sign.Length == 0 ? (tag.Index, tag.Index + tag.Length) : Line(text, tag.Index, tag.Index + tag.Length);
            var isKept = open.All(section => section.IsKept);
            if (isKept) _output.Append(text, at, start - at);
            at = end;
            switch (sign)
            {
                case "#": open.Push((name, Holds(name))); break;
                case "^": open.Push((name, !Holds(name))); break;
                case "/" when open.TryPop(out var section) && section.Name == name: break;
                case "/": throw new FormatException($"'{name}' ends where it did not begin.");
                case ">" when isKept: Write(Text(_parts + (name == "predict" ? ((Raw)_values[name]!).Text : name) + _extension)); break;
                case "" when isKept: _output.Append(Literal.Of(_language, _values[name])); break;
            }
        }
        if (open.Count > 0) throw new FormatException($"'{open.Peek().Name}' does not end.");
        _output.Append(text, at, text.Length - at);
    }

    bool Holds(string name) => _values[name] is not (null or false);

    /// <summary>The whole line, when there is nothing but the tag in it.</summary>
    static (int Start, int End) Line(string text, int start, int end)
    {
        var (from, to) = (text.LastIndexOf('\n', Math.Max(start - 1, 0)) + 1, text.IndexOf('\n', end));
        if (start == 0) from = 0;
        return to >= 0 && text.AsSpan(from, start - from).IsWhiteSpace() && text.AsSpan(end, to - end).IsWhiteSpace() ? (from, to + 1) : (start, end);
    }

    static string Text(string path) => s_texts.GetOrAdd(path, static path =>
    {
        using var stream = typeof(ScriptTemplate).Assembly.GetManifestResourceStream(Root + path) ?? throw new FileNotFoundException($"There is no template '{path}'.", path);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    [GeneratedRegex(@"\{\{(?<sign>[#^/>]?)(?<name>[A-Za-z]+)\}\}")]
    private static partial Regex Tags();
}
