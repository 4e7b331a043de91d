using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Cards;

/// <summary>Writes values as YAML that every reader understands alike: what an older reader might take for something else is quoted.</summary>
static class CardYamlText
{
    static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What YAML 1.1 readers take for true or false (yaml.org/type/bool.html), in lower case.</summary>
    static readonly HashSet<string> OldBooleans = ["y", "n", "yes", "no", "on", "off", "true", "false"];

    public static bool IsPlainKey(string key) =>
        key.Length is > 0 and <= 100 && (char.IsAsciiLetter(key[0]) || key[0] == '_') && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>A key with its value, on lines of their own.</summary>
    public static string Entry(string key, CardValue value, string newLine)
    {
        if (value is CardScalar scalar) return $"{key}: {Scalar(scalar)}{newLine}";
        if (value is not CardList list) throw Refusal.Invalid($"'{key}' can be set to a text or a list of texts.");
        if (list.Values.Count == 0) return $"{key}: []{newLine}";
        var text = new StringBuilder($"{key}:{newLine}");
        foreach (var item in list.Values)
            text.Append("- ").Append(item is CardScalar one ? Scalar(one) : throw Refusal.Invalid($"'{key}' can be set to a text or a list of texts.")).Append(newLine);
        return text.ToString();
    }

    public static string Scalar(CardScalar scalar) => scalar.Kind switch
    {
        ScalarKind.Null => "null",
        ScalarKind.Text => IsSafePlain(scalar.Raw) ? scalar.Raw : Quote(scalar.Raw),
        _ => CoreSchema.Resolve(scalar.Raw) == scalar.Kind ? scalar.Raw : throw Refusal.Invalid($"'{scalar.Raw}' is not a value of its kind."),
    };

    static string Quote(string text)
    {
        if (text.Any(char.IsSurrogate) && !IsWholeUnicode(text)) throw Refusal.Invalid("A value must be valid Unicode.");
        // JSON's strings are YAML's double-quoted ones, but for a few characters that YAML does not print or takes for line ends.
        var quoted = new StringBuilder();
        foreach (var c in JsonSerializer.Serialize(text, Quoting))
            if (c is '\u007f' or (>= '\u0080' and <= '\u009f') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff') quoted.Append($"\\u{(int)c:x4}");
            else quoted.Append(c);
        return quoted.ToString();
    }

    static bool IsWholeUnicode(string text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (rune == Rune.ReplacementChar) return text.Contains('\ufffd');
        return true;
    }

    static bool IsSafePlain(string text)
    {
        if (text.Length == 0 || !(char.IsAsciiLetterOrDigit(text[0]) || text[0] is '_' or '/') || text[^1] is ' ' or ':') return false;
        if (CoreSchema.Resolve(text) != ScalarKind.Text || OldBooleans.Contains(text.ToLowerInvariant())) return false;
        if (char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiDigit(c) || c is '-' or ':' or '.' or '_' or ' ' or 'T' or 'Z' or '+' or 'e' or 'E')) return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not (' ' or '_' or '-' or '.' or '/' or '@' or '+' or '(' or ')' or ':' or '\'' or ',' or '=')) return false;
        return !text.Contains(": ", StringComparison.Ordinal);
    }
}
