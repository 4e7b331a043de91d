using System.Collections;
using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Snippets;

/// <summary>The languages that snippets are written in.</summary>
enum ScriptLanguage
{
    Python,
    JavaScript,
    CSharp,
    Shell,
    Docker,
}

/// <summary>Text that is put into a script as it is. Only for what this program wrote itself.</summary>
sealed record Raw(string Text);

/// <summary>
/// Values as literals, with their quotation marks. Names and paths come from strangers: whatever a text holds, it stays one literal of the language, and what
/// cannot be seen (controls, marks that turn the direction of writing) is written as an escape.
/// </summary>
static class Literal
{
    public static string Of(ScriptLanguage language, object? value) => value switch
    {
        Raw raw => raw.Text,
        null => language is ScriptLanguage.Python ? "None" : "null",
        bool flag => language is ScriptLanguage.Python ? flag ? "True" : "False" : flag ? "true" : "false",
        string text => Text(language, text),
        IReadOnlyDictionary<string, object?> map => Map(language, map),
        IEnumerable list => List(language, [.. list.Cast<object?>().Select(item => Of(language, item))]),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"{value.GetType()} is nothing that a script holds."),
    };

    public static string Text(ScriptLanguage language, string text) => language switch
    {
        ScriptLanguage.Shell => Shell(text),
        ScriptLanguage.Docker => Docker(text),
        _ => Quoted(language, text),
    };

    static string List(ScriptLanguage language, List<string> items) => language is ScriptLanguage.Shell ? string.Join(' ', items) : $"[{string.Join(", ", items)}]";

    static string Map(ScriptLanguage language, IReadOnlyDictionary<string, object?> map)
    {
        var pairs = string.Join(", ", map.Select(pair => $"{Text(language, pair.Key)}: {Of(language, pair.Value)}"));
        return language is ScriptLanguage.JavaScript && map.Count > 0 ? $"{{ {pairs} }}" : $"{{{pairs}}}";
    }

    /// <summary>A string in double quotation marks, as Python, JavaScript and C# have it.</summary>
    static string Quoted(ScriptLanguage language, string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in Whole(text).EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') quoted.Append('\\').Append((char)rune.Value);
            else if (IsPlain(rune)) quoted.Append(rune);
            else if (rune.Value <= 0xFFFF) quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else if (language is ScriptLanguage.JavaScript) quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>Bare where nothing in it means anything to bash; else in single quotes; with escapes (bash's own <c>$'…'</c>) where something cannot be seen.</summary>
    static string Shell(string text)
    {
        text = Whole(text);
        if (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "_./:@%+,-".Contains(c))) return text;
        if (text.EnumerateRunes().All(IsPlain)) return $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
        var quoted = new StringBuilder("$'");
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\'' or '\\') quoted.Append('\\').Append((char)rune.Value);
            else if (IsPlain(rune)) quoted.Append(rune);
            // Always two digits, so what follows is never read as one more.
            else foreach (var b in bytes[..rune.EncodeToUtf8(bytes)]) quoted.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }
        return quoted.Append('\'').ToString();
    }

    /// <summary>A value of ARG: within quotation marks, variables would still be put in.</summary>
    static string Docker(string text)
    {
        text = string.Concat(Whole(text).EnumerateRunes().Where(IsPlain));
        if (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "_./:@%+,-".Contains(c))) return text;
        return $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal)}\"";
    }

    /// <summary>Letters, digits and marks of all scripts, and what ASCII shows.</summary>
    static bool IsPlain(Rune rune) => rune.IsAscii ? rune.Value is >= ' ' and < 0x7F : Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>No language has a literal for half a character.</summary>
    static string Whole(string text) => string.Concat(text.EnumerateRunes());
}
