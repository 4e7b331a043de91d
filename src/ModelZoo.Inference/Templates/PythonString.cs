using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Templates;

/// <summary>Python's methods of texts: counted in code points, with its idea of white space (which has U+001C to U+001F, unlike Unicode's).</summary>
public static class PythonString
{
    static readonly System.Buffers.SearchValues<char> s_expanding = System.Buffers.SearchValues.Create("ßŉﬀﬁﬂﬃﬄﬅﬆ");

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && IsSpace(text[^1])) text = text[..^1];
        return text;
    }

    public static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && IsSpace(text[0])) text = text[1..];
        return text;
    }

    public static string Strip(string text) => TrimStart(TrimEnd(text)).ToString();

    /// <param name="characters">What is taken away; null: white space.</param>
    internal static string Strip(string text, string? characters, bool atStart, bool atEnd)
    {
        if (characters is null)
        {
            var span = text.AsSpan();
            if (atEnd) span = TrimEnd(span);
            if (atStart) span = TrimStart(span);
            return span.Length == text.Length ? text : span.ToString();
        }
        var set = characters.EnumerateRunes().ToHashSet();
        var (from, to) = (0, text.Length);
        while (atStart && from < to && Rune.DecodeFromUtf16(text.AsSpan(from, to - from), out var rune, out var width) == System.Buffers.OperationStatus.Done && set.Contains(rune)) from += width;
        while (atEnd && from < to && Rune.DecodeLastFromUtf16(text.AsSpan(from, to - from), out var rune, out var width) == System.Buffers.OperationStatus.Done && set.Contains(rune)) to -= width;
        return text[from..to];
    }

    /// <summary>Number of code points.</summary>
    public static int Length(string text)
    {
        var pairs = 0;
        for (var at = 0; at + 1 < text.Length; at++)
            if (char.IsHighSurrogate(text[at]) && char.IsLowSurrogate(text[at + 1])) pairs++;
        return text.Length - pairs;
    }

    /// <summary>Each code point as a text of its own.</summary>
    internal static List<object?> Characters(string text)
    {
        var characters = new List<object?>(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var width = char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
            characters.Add(text.Substring(at, width));
            at += width - 1;
        }
        return characters;
    }

    internal static bool IsPlain(string text) => !text.AsSpan().ContainsAnyInRange('\ud800', '\udfff');

    /// <summary>Where a code point begins in UTF-16.</summary>
    internal static int OffsetOf(string text, int point)
    {
        if (IsPlain(text)) return point;
        var at = 0;
        for (; point > 0 && at < text.Length; point--) at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        return at;
    }

    internal static int PointOf(string text, int offset) => Length(text[..offset]);

    /// <summary>Order of code points, not of UTF-16.</summary>
    internal static int Compare(string a, string b)
    {
        for (var at = 0; at < a.Length && at < b.Length; at++)
        {
            if (a[at] == b[at]) continue;
            var (one, other) = (char.IsSurrogate(a[at]), char.IsSurrogate(b[at]));
            return one == other ? a[at].CompareTo(b[at]) : one ? 1 : -1;
        }
        return a.Length.CompareTo(b.Length);
    }

    /// <summary>Pieces between runs of white space, or between separators.</summary>
    internal static List<object?> Split(string text, string? separator, long most)
    {
        var pieces = new List<object?>();
        if (separator is not null)
        {
            var from = 0;
            for (var at = text.IndexOf(separator, StringComparison.Ordinal); at >= 0 && most != 0; at = text.IndexOf(separator, from, StringComparison.Ordinal))
            {
                pieces.Add(text[from..at]);
                from = at + separator.Length;
                most--;
            }
            pieces.Add(text[from..]);
            return pieces;
        }
        for (var rest = TrimStart(text); !rest.IsEmpty;)
        {
            var end = 0;
            while (end < rest.Length && !IsSpace(rest[end])) end++;
            if (most-- == 0)
            {
                pieces.Add(rest.ToString());
                break;
            }
            pieces.Add(rest[..end].ToString());
            rest = TrimStart(rest[end..]);
        }
        return pieces;
    }

    internal static List<object?> SplitFromEnd(string text, string? separator, long most)
    {
        if (most < 0) return Split(text, separator, -1);
        var pieces = new List<object?>();
        var rest = separator is null ? TrimEnd(text) : text;
        while (most-- > 0)
        {
            int at, width;
            if (separator is not null)
            {
                at = rest.LastIndexOf(separator, StringComparison.Ordinal);
                width = separator.Length;
            }
            else
            {
                at = rest.Length - 1;
                while (at >= 0 && !IsSpace(rest[at])) at--;
                width = 1;
            }
            if (at < 0) break;
            pieces.Add(rest[(at + width)..].ToString());
            rest = separator is null ? TrimEnd(rest[..at]) : rest[..at];
            if (separator is null && rest.IsEmpty) break;
        }
        if (separator is not null || !rest.IsEmpty) pieces.Add(rest.ToString());
        pieces.Reverse();
        return pieces;
    }

    internal static List<object?> Lines(string text, bool keepsEnds)
    {
        var lines = new List<object?>();
        for (var from = 0; from < text.Length;)
        {
            var end = from;
            while (end < text.Length && text[end] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029')) end++;
            var next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            lines.Add(text[from..(keepsEnds ? next : end)]);
            from = next;
        }
        return lines;
    }

    /// <summary>Upper case with the expansions that text in European languages needs (ß, ligatures; Unicode SpecialCasing.txt).</summary>
    public static string ToUpper(string text)
    {
        var upper = text.ToUpperInvariant();
        return upper.AsSpan().IndexOfAny(s_expanding) < 0 ? upper
            : upper.Replace("ß", "SS").Replace("ŉ", "ʼN").Replace("ﬀ", "FF").Replace("ﬁ", "FI").Replace("ﬂ", "FL").Replace("ﬃ", "FFI").Replace("ﬄ", "FFL").Replace("ﬅ", "ST").Replace("ﬆ", "ST");
    }

    /// <summary>Lower case; İ becomes two characters and Σ at the end of a word ς, as Unicode's SpecialCasing.txt says.</summary>
    public static string ToLower(string text)
    {
        if (text.Contains('Σ'))
        {
            var fixedUp = new StringBuilder(text);
            for (var at = 0; at < text.Length; at++)
                if (text[at] == 'Σ' && at > 0 && char.IsLetter(text[at - 1]) && (at + 1 == text.Length || !char.IsLetter(text[at + 1]))) fixedUp[at] = 'ς';
            text = fixedUp.ToString();
        }
        return text.Replace("İ", "i̇").ToLowerInvariant();
    }

    internal static string Capitalize(string text)
    {
        if (text.Length == 0) return text;
        var first = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
        var upper = ToUpper(text[..first]);
        return (upper.Length > first ? upper[..1] + ToLower(upper[1..]) : upper) + ToLower(text[first..]);
    }

    /// <summary><c>str.title</c>: letters after letters are small, others large.</summary>
    internal static string Title(string text)
    {
        var output = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var isCased = Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;
            output.Append(!isCased ? rune.ToString() : inWord ? ToLower(rune.ToString()) : Capitalize(rune.ToString()));
            inWord = isCased;
        }
        return output.ToString();
    }
}
