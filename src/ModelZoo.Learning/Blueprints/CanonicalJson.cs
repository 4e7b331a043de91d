using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelZoo.Learning.Blueprints;

/// <summary>
/// JSON that has one form only: keys sorted by code unit, no spaces, numbers in their shortest round-trip form as ECMAScript writes them (RFC 8785).
/// Identities of members are hashes of it.
/// </summary>
public static class CanonicalJson
{
    public static string Write(object? value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool flag: text.Append(flag ? "true" : "false"); break;
            case int whole: text.Append(whole); break;
            case long whole: text.Append(whole); break;
            case ulong whole: text.Append(whole); break;
            case double real: text.Append(Number(real)); break;
            case string words: text.Append('"').Append(JsonEncodedText.Encode(words, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)).Append('"'); break;
            case IEnumerable<KeyValuePair<string, object?>> entries: WriteMap(text, entries); break;
            case System.Collections.IEnumerable items: WriteList(text, items); break;
            default: throw new ArgumentException($"A value of {value.GetType()} has no canonical form.", nameof(value));
        }
    }

    static void WriteMap(StringBuilder text, IEnumerable<KeyValuePair<string, object?>> entries)
    {
        var separator = '{';
        foreach (var (key, value) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            text.Append(separator);
            Write(text, key);
            text.Append(':');
            Write(text, value);
            separator = ',';
        }
        text.Append(separator == '{' ? "{}" : "}");
    }

    static void WriteList(StringBuilder text, System.Collections.IEnumerable items)
    {
        var separator = '[';
        foreach (var item in items)
        {
            text.Append(separator);
            Write(text, item);
            separator = ',';
        }
        text.Append(separator == '[' ? "[]" : "]");
    }

    /// <summary>Shortest digits that read back as the same number; plain notation from 1e-6 to below 1e21, as ECMAScript.</summary>
    public static string Number(double number)
    {
        if (!double.IsFinite(number)) throw new ArgumentException("JSON has no such number.", nameof(number));
        if (number == 0) return "0";
        var shortest = Math.Abs(number).ToString("E16", CultureInfo.InvariantCulture);
        for (var digits = 0; digits <= 16; digits++)
        {
            shortest = Math.Abs(number).ToString($"E{digits}", CultureInfo.InvariantCulture);
            if (double.Parse(shortest, CultureInfo.InvariantCulture) == Math.Abs(number)) break;
        }
        var at = shortest.IndexOf('E');
        var figures = shortest[..at].Replace(".", "", StringComparison.Ordinal).TrimEnd('0');
        var exponent = int.Parse(shortest[(at + 1)..], CultureInfo.InvariantCulture);
        var sign = number < 0 ? "-" : "";
        if (exponent is >= 21 or < -6)
            return $"{sign}{figures[0]}{(figures.Length > 1 ? "." + figures[1..] : "")}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}";
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{figures}";
        return figures.Length <= exponent + 1 ? sign + figures.PadRight(exponent + 1, '0') : $"{sign}{figures[..(exponent + 1)]}.{figures[(exponent + 1)..]}";
    }
}
