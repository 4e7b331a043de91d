namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>White space and symbols as Python sees them: its <c>split()</c> and <c>strip()</c> also take U+001C to U+001F.</summary>
static class PythonText
{
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary><c>str.split()</c>.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            while (at < text.Length && IsSpace(text[at])) at++;
            var from = at;
            while (at < text.Length && !IsSpace(text[at])) at++;
            if (at > from) words.Add(text[from..at]);
        }
        return words;
    }

    public static string Strip(string text)
    {
        var (from, to) = (0, text.Length);
        while (from < to && IsSpace(text[from])) from++;
        while (to > from && IsSpace(text[to - 1])) to--;
        return text[from..to];
    }

    public static string StripEnd(string text)
    {
        var to = text.Length;
        while (to > 0 && IsSpace(text[to - 1])) to--;
        return text[..to];
    }

    /// <summary><c>string.punctuation</c>.</summary>
    public static bool IsPunctuation(char c) => c is >= '!' and <= '/' or >= ':' and <= '@' or >= '[' and <= '`' or >= '{' and <= '~';

    /// <summary>Code points; a lone surrogate stands for itself.</summary>
    public static int[] CodePoints(ReadOnlySpan<char> text)
    {
        var points = new int[text.Length];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                points[count++] = char.ConvertToUtf32(text[i], text[++i]);
            else
                points[count++] = text[i];
        }
        Array.Resize(ref points, count);
        return points;
    }

    public static string Without(string text, Func<char, bool> unwanted)
    {
        var kept = new char[text.Length];
        var count = 0;
        foreach (var c in text)
            if (!unwanted(c)) kept[count++] = c;
        return count == text.Length ? text : new(kept, 0, count);
    }
}
