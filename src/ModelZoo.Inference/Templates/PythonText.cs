using System.Collections;
using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Templates;

/// <summary>Writes values as Python does: <c>str</c> and <c>repr</c>.</summary>
public static class PythonText
{
    const int MaxDepth = 64;

    /// <summary><c>str(value)</c>.</summary>
    public static string Of(object? value) => value is string text ? text : Quoted(value);

    /// <summary><c>repr(value)</c>.</summary>
    public static string Quoted(object? value)
    {
        var output = new StringBuilder();
        Write(output, value, 0);
        return output.ToString();
    }

    /// <summary>The shortest digits that read back the same, in Python's choice of notation.</summary>
    public static string Of(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = ExponentOf(shortest);
        var mantissa = new string([.. shortest.TakeWhile(c => c != 'E').Where(char.IsAsciiDigit)]).TrimStart('0').TrimEnd('0');
        var sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            var rest = mantissa.Length > 1 ? "." + mantissa[1..] : "";
            return $"{sign}{mantissa[0]}{rest}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}";
        }
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{mantissa}";
        return mantissa.Length <= exponent + 1 ? $"{sign}{mantissa.PadRight(exponent + 1, '0')}.0" : $"{sign}{mantissa[..(exponent + 1)]}.{mantissa[(exponent + 1)..]}";
    }

    /// <summary>Power of ten of the first digit, of a number that is not 0.</summary>
    static int ExponentOf(string shortest)
    {
        var e = shortest.IndexOf('E');
        if (e >= 0) return int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var plain = shortest.AsSpan().TrimStart('-');
        var point = plain.IndexOf('.');
        return plain[0] == '0' ? -plain[2..].IndexOfAnyExcept('0') - 1 : (point < 0 ? plain.Length : point) - 1;
    }

    static void Write(StringBuilder output, object? value, int depth)
    {
        if (depth > MaxDepth) throw new InferenceException(InferenceFault.Limit, $"A value is nested more than {MaxDepth} deep.");
        if (output.Length > TemplateRun.MaxCharacters) throw new InferenceException(InferenceFault.Limit, $"A value has more than {TemplateRun.MaxCharacters} characters.");
        switch (value)
        {
            case null: output.Append("None"); break;
            case bool flag: output.Append(flag ? "True" : "False"); break;
            case double number: output.Append(Of(number)); break;
            case float number: output.Append(Of((double)number)); break;
            case string text: WriteQuoted(output, text); break;
            case TemplateMap made:
                WriteAll(output, '{', '}', made.Pairs, pair =>
                {
                    Write(output, pair.Key, depth + 1);
                    output.Append(": ");
                    Write(output, pair.Value, depth + 1);
                });
                break;
            case TemplateView view:
                output.Append(view.Name).Append('(');
                Write(output, view.Items, depth + 1);
                output.Append(')');
                break;
            case TemplateTuple tuple:
                WriteAll(output, '(', ')', tuple, item => Write(output, item, depth + 1));
                if (tuple.Count == 1) output.Insert(output.Length - 1, ',');
                break;
            case Undefined: output.Append("Undefined"); break;
            case IReadOnlyDictionary<string, object?> map:
                WriteAll(output, '{', '}', map, pair =>
                {
                    WriteQuoted(output, pair.Key);
                    output.Append(": ");
                    Write(output, pair.Value, depth + 1);
                });
                break;
            case IEnumerable list: WriteAll(output, '[', ']', list.Cast<object?>(), item => Write(output, item, depth + 1)); break;
            case IFormattable number: output.Append(number.ToString(null, CultureInfo.InvariantCulture)); break;
            default: output.Append(value); break;
        }
    }

    static void WriteAll<T>(StringBuilder output, char open, char close, IEnumerable<T> items, Action<T> write)
    {
        output.Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst) output.Append(", ");
            isFirst = false;
            write(item);
        }
        output.Append(close);
    }

    /// <summary>Single quotes, unless the text has one and no double one; what cannot be printed is escaped.</summary>
    static void WriteQuoted(StringBuilder output, string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        output.Append(quote);
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c == quote || c == '\\') output.Append('\\').Append(c);
            else if (c == '\n') output.Append("\\n");
            else if (c == '\r') output.Append("\\r");
            else if (c == '\t') output.Append("\\t");
            else if (char.IsSurrogatePair(text, at))
            {
                if (IsPrintable(CharUnicodeInfo.GetUnicodeCategory(text, at))) output.Append(c).Append(text[at + 1]);
                else output.Append("\\U").Append(char.ConvertToUtf32(text, at).ToString("x8", CultureInfo.InvariantCulture));
                at++;
            }
            else if (c == ' ' || IsPrintable(CharUnicodeInfo.GetUnicodeCategory(c))) output.Append(c);
            else if (c < 0x100) output.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
            else output.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }
        output.Append(quote);
    }

    /// <summary>Python's <c>str.isprintable</c>: no C* and no Z* but the blank.</summary>
    static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
