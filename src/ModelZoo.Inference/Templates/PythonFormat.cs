using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Inference.Templates;

/// <summary>Python's <c>"…" % values</c> and <c>"…".format(…)</c>, as far as templates use them; the rest is refused.</summary>
static partial class PythonFormat
{
    public static string Percent(TemplateRun run, string format, object? values, int line)
    {
        var arguments = values as TemplateTuple ?? new TemplateTuple([values]);
        var (output, used) = (new StringBuilder(), 0);
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%')
            {
                output.Append(format[at]);
                continue;
            }
            var start = ++at;
            object? value = null;
            var isNamed = at < format.Length && format[at] == '(';
            if (isNamed)
            {
                var close = format.IndexOf(')', at);
                if (close < 0 || !TemplateOperators.TryItem(values, format[(at + 1)..close], out value)) throw Wrong(TemplateFault.Value, "a name in '%(…)' is not there.");
                at = close + 1;
            }
            var specification = at;
            while (at < format.Length && (char.IsAsciiDigit(format[at]) || format[at] is '-' or '0' or '.' or '+')) at++;
            if (at == format.Length) throw Wrong(TemplateFault.Value, "the format ends in '%'.");
            if (format[at] == '%' && at == start)
            {
                output.Append('%');
                continue;
            }
            if (!isNamed) value = used < arguments.Count ? TemplateOperators.Normal(arguments[used++]) : throw Wrong(TemplateFault.Value, "there are too few values.");
            output.Append(One(format[specification..at], format[at], value));
            run.Made(output.Length, line);
        }
        if (used < arguments.Count && values is not (IReadOnlyDictionary<string, object?> or TemplateMap) && (values is TemplateTuple or not IReadOnlyList<object?>)) throw Wrong(TemplateFault.Value, "there are too many values.");
        return output.ToString();

        string One(string specification, char kind, object? value)
        {
            if (Specification().Match(specification) is not { Success: true } parts) throw Wrong(TemplateFault.Unsupported, $"the format '%{specification}{kind}' is not known here.");
            var flags = parts.Groups["flags"].ValueSpan;
            var width = Number(parts.Groups["width"]);
            var precision = parts.Groups["precision"] is { Success: true } digits ? Number(digits) : (int?)null;
            var text = (kind, value) switch
            {
                ('s', _) => run.Text(value, line) is var shown && precision is { } most && most < shown.Length ? shown[..most] : run.Text(value, line),
                ('r', _) => PythonText.Quoted(value),
                ('d' or 'i', long number) => number.ToString($"D{precision ?? 1}", CultureInfo.InvariantCulture),
                ('d' or 'i', double number) when Math.Abs(number) < 9e18 => ((long)number).ToString($"D{precision ?? 1}", CultureInfo.InvariantCulture),
                ('d' or 'i', bool flag) => flag ? "1" : "0",
                ('f' or 'F', long or double or bool) => Fixed(value, precision ?? 6),
                _ => throw Wrong(TemplateFault.Unsupported, $"the format '%{specification}{kind}' of {TemplateOperators.KindOf(value)} is not known here."),
            };
            if (text.Length >= width) return text;
            if (flags.Contains('-')) return text.PadRight(width);
            if (!flags.Contains('0') || kind is 's' or 'r') return text.PadLeft(width);
            return text.StartsWith('-') ? "-" + text[1..].PadLeft(width - 1, '0') : text.PadLeft(width, '0');
        }

        static int Number(Group digits) => digits.Length == 0 ? 0 : int.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

        TemplateException Wrong(TemplateFault fault, string reason) => new(fault, line, "'%'", reason);
    }

    /// <summary>Flags, a width and a precision, of what may stand between '%' and its letter. Bounded: a width is memory.</summary>
    [GeneratedRegex(@"^(?<flags>[-0]*)(?<width>[0-9]{0,3})(\.(?<precision>[0-9]{0,3}))?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Specification();

    /// <summary>.NET rounds the exact binary value, as C does.</summary>
    static string Fixed(object? value, int digits) => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("F" + Math.Min(digits, 99).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    public static string Braces(TemplateRun run, string format, TemplateCall call)
    {
        var (output, next) = (new StringBuilder(), 0);
        for (var at = 0; at < format.Length; at++)
        {
            var c = format[at];
            if (c is '{' or '}' && at + 1 < format.Length && format[at + 1] == c)
            {
                output.Append(c);
                at++;
                continue;
            }
            if (c == '}') throw call.Wrong("a '}' closes nothing.");
            if (c != '{')
            {
                output.Append(c);
                continue;
            }
            var close = format.IndexOf('}', at);
            if (close < 0) throw call.Wrong("a '{' has no '}'.");
            var field = format[(at + 1)..close].Split(':');
            if (field.Length > 2 || field[0].AsSpan().IndexOfAny(".[!") >= 0) throw call.Unsupported($"the field '{{{format[(at + 1)..close]}}}' is not known here.");
            object? value;
            if (field[0].Length == 0) value = call.TryFind(next++, "", out var placed) ? placed : throw call.Wrong("there are too few values.");
            else if (int.TryParse(field[0], NumberStyles.None, CultureInfo.InvariantCulture, out var place)) value = place < call.Arguments.Count ? call.Arguments[place] : throw call.Wrong($"there is no value {place}.");
            else value = call.TryFind(-1, field[0], out var named) ? named : throw call.Wrong($"there is no value '{field[0]}'.");
            output.Append(Specified(run, call, value, field.Length == 2 ? field[1] : ""));
            run.Made(output.Length, call.Line);
            at = close;
        }
        return output.ToString();
    }

    static string Specified(TemplateRun run, TemplateCall call, object? value, string specification)
    {
        if (specification.Length == 0) return run.Text(value, call.Line);
        if (specification is ['.', .. var digits, 'f'] && digits.Length is 1 or 2 && digits.All(char.IsAsciiDigit) && value is long or double or bool) return Fixed(value, int.Parse(digits, CultureInfo.InvariantCulture));
        if (specification == "d" && value is long) return run.Text(value, call.Line);
        if (specification == "," && value is long number) return number.ToString("N0", CultureInfo.InvariantCulture);
        throw call.Unsupported($"the format '{specification}' is not known here.");
    }
}
