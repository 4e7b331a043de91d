using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Templates;

/// <summary>JSON as Python's <c>json.dumps</c> writes it.</summary>
sealed class TemplateJson(TemplateRun run, int line, int? indent, string itemSeparator, string keySeparator, bool sortsKeys, bool isAscii, bool isHtmlSafe)
{
    const int MaxDepth = 64;

    readonly StringBuilder _output = new();

    public static string Write(TemplateRun run, TemplateCall call, object? value)
    {
        var indent = call.TryFind(1, "indent", out var given) && given is not null ? (int)Math.Clamp(call.Whole(1, "indent", 0), 0, 40) : (int?)null;
        var isPlain = run.Dialect.HasPlainJson;
        var separators = call.TryFind(-1, "separators", out var pair) && pair is IReadOnlyList<object?> { Count: 2 } list ? list : null;
        foreach (var named in call.Named)
            if (named.Key is not ("indent" or "separators" or "sort_keys" or "ensure_ascii") || (!isPlain && named.Key != "indent")) throw call.Unsupported($"the argument '{named.Key}' is not known here.");
        // Jinja's own filter sorts keys and writes ASCII; that of transformers does neither.
        var json = new TemplateJson(run, call.Line, indent, separators?[0] as string ?? (indent is null ? ", " : ","), separators?[1] as string ?? ": ",
            call.Flag(run, -1, "sort_keys", !isPlain), call.Flag(run, -1, "ensure_ascii", !isPlain), !isPlain);
        json.Add(value, 0);
        return json._output.ToString();
    }

    void Add(object? value, int depth)
    {
        run.Step(line);
        if (depth > MaxDepth || _output.Length > TemplateRun.MaxCharacters) throw new TemplateException(TemplateFault.Limit, line, "|tojson", "the value is too deep or too long.");
        switch (value)
        {
            case null: _output.Append("null"); break;
            case bool flag: _output.Append(flag ? "true" : "false"); break;
            case long number: _output.Append(number.ToString(CultureInfo.InvariantCulture)); break;
            case double number: _output.Append(double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? number > 0 ? "Infinity" : "-Infinity" : PythonText.Of(number)); break;
            case string text: AddText(text); break;
            case IReadOnlyList<object?> list:
                AddAll('[', ']', list, depth, item => Add(TemplateOperators.Normal(item), depth + 1));
                break;
            case Undefined undefined: throw TemplateRun.Missing(undefined, line);
            default:
                var pairs = TemplateOperators.PairsOf(value) ?? throw new TemplateException(TemplateFault.Value, line, "|tojson", $"{TemplateOperators.KindOf(value)} has no JSON.");
                if (sortsKeys) pairs = [.. pairs.OrderBy(pair => Key(pair.Key), Comparer<string>.Create(PythonString.Compare))];
                AddAll('{', '}', pairs, depth, pair =>
                {
                    AddText(Key(pair.Key));
                    _output.Append(keySeparator);
                    Add(TemplateOperators.Normal(pair.Value), depth + 1);
                });
                break;
        }
    }

    static string Key(object key) => key switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        _ => PythonText.Of(key),
    };

    void AddAll<T>(char open, char close, IReadOnlyList<T> items, int depth, Action<T> add)
    {
        _output.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) _output.Append(itemSeparator);
            NewLine(depth + 1);
            add(items[i]);
        }
        if (items.Count > 0) NewLine(depth);
        _output.Append(close);
    }

    void NewLine(int depth)
    {
        if (indent is { } width) _output.Append('\n').Append(' ', width * depth);
    }

    void AddText(string text)
    {
        run.Made(text.Length, line);
        _output.Append('"');
        foreach (var c in text)
        {
            var escape = c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                '<' or '>' or '&' or '\'' when isHtmlSafe => Number(c),
                < ' ' => Number(c),
                > '~' when isAscii => Number(c),
                _ => null,
            };
            if (escape is null) _output.Append(c);
            else _output.Append(escape);
        }
        _output.Append('"');

        static string Number(char c) => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture);
    }
}
