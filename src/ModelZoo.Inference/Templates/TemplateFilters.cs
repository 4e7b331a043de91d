using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using ModelZoo.Inference.Patterns;

namespace ModelZoo.Inference.Templates;

/// <summary>What may stand behind <c>|</c>: Jinja's own filters (without those for HTML), and <c>regex_replace</c>. Filters over lists stand in <see cref="ListFilters"/>.</summary>
static class TemplateFilters
{
    /// <summary>Jinja's policies for <c>truncate</c>.</summary>
    const int TruncateLeeway = 5;

    public static FrozenDictionary<string, TemplateFunction> All { get; } = new Dictionary<string, TemplateFunction>(ListFilters.All)
    {
        ["abs"] = (run, call) => call.Arguments[0] is long or double or bool ? TemplateOperators.Compare(run, call.Arguments[0], 0L, call.Line) < 0 ? TemplateOperators.Apply(run, "-", 0L, call.Arguments[0], call.Line) : TemplateOperators.Apply(run, "+", 0L, call.Arguments[0], call.Line) : throw call.Wrong($"it does not take {TemplateOperators.KindOf(call.Arguments[0])}."),
        ["attr"] = (_, call) => TemplateMethods.Find(call.Arguments[0], call.GetText(1, "name")) ?? new Undefined($"'{call.GetText(1, "name")}'"),
        ["capitalize"] = (run, call) => PythonString.Capitalize(Text(run, call)),
        ["center"] = (run, call) => TemplateMethods.Pad(run, new(call.Line, call.Name, [call.Whole(1, "width", 80)], []), Text(run, call), 0),
        ["count"] = (run, call) => run.Length(call.Arguments[0], call.Line),
        ["length"] = (run, call) => run.Length(call.Arguments[0], call.Line),
        ["d"] = Default,
        ["default"] = Default,
        ["e"] = Escape,
        ["escape"] = Escape,
        ["float"] = (_, call) => ToReal(call),
        ["format"] = (run, call) => call.Named.Count > 0 ? throw call.Unsupported("named values are not known here.") : PythonFormat.Percent(run, Text(run, call), new TemplateTuple([.. call.Arguments.Skip(1)]), call.Line),
        ["indent"] = Indent,
        ["int"] = (_, call) => ToWhole(call),
        ["lower"] = (run, call) => PythonString.ToLower(Text(run, call)),
        ["upper"] = (run, call) => PythonString.ToUpper(Text(run, call)),
        ["title"] = (run, call) => Title(Text(run, call)),
        ["trim"] = (run, call) => PythonString.Strip(Text(run, call), call.Takes("value", "chars").FindText(1, "chars"), true, true),
        ["string"] = (run, call) => Text(run, call),
        ["safe"] = (run, call) => Text(run, call),
        ["replace"] = Replace,
        ["regex_replace"] = RegexReplace,
        ["round"] = Round,
        ["truncate"] = Truncate,
        ["tojson"] = (run, call) => TemplateJson.Write(run, call, call.Arguments[0]),
        ["urlencode"] = (run, call) => call.Arguments[0] is string text ? Uri.EscapeDataString(text).Replace("%2F", "/") : throw call.Unsupported("only texts are encoded here."),
        ["wordcount"] = (run, call) => (long)PythonPattern.Of("\\w+").FindAll(Text(run, call)).Count,
    }.ToFrozenDictionary();

    static string Text(TemplateRun run, TemplateCall call) => run.Text(call.Arguments[0], call.Line);

    static object? Default(TemplateRun run, TemplateCall call)
    {
        var value = call.Takes("value", "default_value", "boolean").Arguments[0];
        var otherwise = call.TryFind(1, "default_value", out var given) ? given : "";
        return value is Undefined || (call.Flag(run, 2, "boolean", false) && !run.IsTrue(value, call.Line)) ? otherwise : value;
    }

    static string Escape(TemplateRun run, TemplateCall call)
    {
        var text = Text(run, call).Replace("&", "&amp;").Replace(">", "&gt;").Replace("<", "&lt;").Replace("'", "&#39;").Replace("\"", "&#34;");
        run.Made(text.Length, call.Line);
        return text;
    }

    static object ToReal(TemplateCall call)
    {
        var otherwise = call.TryFind(1, "default", out var given) ? given : 0.0;
        return call.Arguments[0] switch
        {
            double number => number,
            long number => (double)number,
            bool flag => flag ? 1.0 : 0.0,
            string text when TryReal(text, out var number) => number,
            Undefined undefined => throw TemplateRun.Missing(undefined, call.Line),
            _ => otherwise ?? 0.0,
        };
    }

    internal static bool TryReal(string text, out double number)
    {
        text = PythonString.Strip(text);
        // .NET reads "1,5" and "Infinity" where Python has inf, infinity and nan in any case.
        var word = text.TrimStart('+', '-').ToLowerInvariant();
        if (word is "inf" or "infinity" or "nan")
        {
            number = word == "nan" ? double.NaN : text.StartsWith('-') ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }
        return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);
    }

    static object? ToWhole(TemplateCall call)
    {
        var otherwise = call.TryFind(1, "default", out var given) ? given : 0L;
        if (call.Whole(2, "base", 10) != 10) throw call.Unsupported("only the base 10 is known here.");
        return call.Arguments[0] switch
        {
            long number => number,
            bool flag => flag ? 1L : 0L,
            double number => Truncated(number),
            string text when long.TryParse(PythonString.Strip(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
            string text when TryReal(text, out var number) => Truncated(number),
            Undefined undefined => throw TemplateRun.Missing(undefined, call.Line),
            _ => otherwise,
        };

        object? Truncated(double number) => double.IsFinite(number) ? Math.Abs(number) < 9.2e18 ? (long)number : throw call.Wrong("whole numbers stay below 2^63.") : otherwise;
    }

    static string Title(string text)
    {
        var output = new StringBuilder(text.Length);
        var startsWord = true;
        foreach (var rune in text.EnumerateRunes())
        {
            var shown = rune.ToString();
            output.Append(startsWord ? PythonString.ToUpper(shown) : PythonString.ToLower(shown));
            startsWord = shown.Length == 1 && (shown[0] is '-' or '(' or '{' or '[' or '<' || PythonString.IsSpace(shown[0]));
        }
        return output.ToString();
    }

    static string Replace(TemplateRun run, TemplateCall call)
    {
        call.Takes("s", "old", "new", "count");
        return TemplateMethods.Replace(run, call, Text(run, call), run.Text(call.Get(1, "old"), call.Line), run.Text(call.Get(2, "new"), call.Line), call.Whole(3, "count", -1));
    }

    static string RegexReplace(TemplateRun run, TemplateCall call)
    {
        call.Takes("string", "pattern", "repl", "count");
        var text = call.GetText(0, "string");
        run.Step(call.Line, 10 + text.Length);
        try
        {
            var replaced = PythonPattern.Of(call.GetText(1, "pattern")).Replace(text, call.GetText(2, "repl"), (int)Math.Clamp(call.Whole(3, "count", 0), 0, int.MaxValue));
            run.Made(replaced.Length, call.Line);
            return replaced;
        }
        catch (InferenceException e)
        {
            throw new TemplateException(e.Fault == InferenceFault.Limit ? TemplateFault.Limit : TemplateFault.Value, call.Line, call.Name, e.Message);
        }
    }

    static object? Round(TemplateRun run, TemplateCall call)
    {
        var digits = (int)Math.Clamp(call.Takes("value", "precision", "method").Whole(1, "precision", 0), -15, 15);
        var method = call.Text(2, "method", "common");
        if (call.Arguments[0] is not (long or double or bool)) throw call.Wrong($"it does not take {TemplateOperators.KindOf(call.Arguments[0])}.");
        if (method == "common" && call.Arguments[0] is long or bool && digits >= 0) return TemplateOperators.Apply(run, "+", 0L, call.Arguments[0], call.Line);
        var value = Convert.ToDouble(call.Arguments[0], CultureInfo.InvariantCulture);
        var scale = Math.Pow(10, digits);
        return method switch
        {
            "ceil" => Math.Ceiling(value * scale) / scale,
            "floor" => Math.Floor(value * scale) / scale,
            "common" => digits < 0 || IsTie(value, digits) ? Math.Round(value * scale, MidpointRounding.ToEven) / scale
                : double.Parse(value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            _ => throw call.Wrong("the method is common, ceil or floor."),
        };
    }

    /// <summary>Whether the value lies exactly between two of that many digits: there Python rounds to the even one and .NET's formats away from zero.</summary>
    static bool IsTie(double value, int digits)
    {
        var exact = value.ToString("F60", CultureInfo.InvariantCulture);
        var tail = exact.AsSpan(exact.IndexOf('.') + 1 + digits);
        return double.IsFinite(value) && tail[0] == '5' && !tail[1..].ContainsAnyExcept('0');
    }

    static string Truncate(TemplateRun run, TemplateCall call)
    {
        call.Takes("s", "length", "killwords", "end", "leeway");
        var (text, end) = (Text(run, call), call.Text(3, "end", "..."));
        var (length, leeway) = (call.Whole(1, "length", 255), call.Whole(4, "leeway", TruncateLeeway));
        if (length < PythonString.Length(end) || leeway < 0) throw call.Wrong("the length is below that of the end.");
        if (PythonString.Length(text) <= length + leeway) return text;
        var kept = text[..PythonString.OffsetOf(text, (int)length - PythonString.Length(end))];
        if (call.Flag(run, 2, "killwords", false)) return kept + end;
        var space = kept.LastIndexOf(' ');
        return (space < 0 ? kept : kept[..space]) + end;
    }

    static string Indent(TemplateRun run, TemplateCall call)
    {
        call.Takes("s", "width", "first", "blank");
        var text = call.Arguments[0] is Undefined undefined ? throw TemplateRun.Missing(undefined, call.Line) : call.GetText(0, "s");
        var indent = call.TryFind(1, "width", out var width) && width is string given ? given : new string(' ', (int)Math.Clamp(call.Whole(1, "width", 4), 0, 1000));
        var blank = call.Flag(run, 3, "blank", false);
        var lines = PythonString.Lines(text + "\n", keepsEnds: false);      // Jinja adds the newline so that a last empty line counts
        run.Made(text.Length + (long)indent.Length * lines.Count, call.Line);
        var output = new StringBuilder(call.Flag(run, 2, "first", false) ? indent : "");
        for (var i = 0; i < lines.Count; i++)
        {
            var line = (string)lines[i]!;
            if (i > 0) output.Append('\n').Append(blank || line.Length > 0 ? indent : "");
            output.Append(line);
        }
        return output.ToString();
    }
}
