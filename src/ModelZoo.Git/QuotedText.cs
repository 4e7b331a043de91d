using System.Text;

namespace ModelZoo.Git;

/// <summary>Git's C-style quoting of names (quote.c): "a\tb", "\303\251".</summary>
static class QuotedText
{
    const string Letters = "abfnrtv\\\"";
    const string Meanings = "\a\b\f\n\r\t\v\\\"";

    /// <summary>False when the text does not begin with a well-formed quoted name.</summary>
    public static bool TryRead(string text, out string name, out string rest)
    {
        (name, rest) = ("", text);
        if (!text.StartsWith('"')) return false;
        var bytes = new List<byte>();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                (name, rest) = (UnicodeText.Decode(bytes.ToArray()), text[(i + 1)..]);
                return true;
            }
            if (text[i] != '\\')
            {
                var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
                continue;
            }
            if (++i == text.Length) return false;
            if (Letters.IndexOf(text[i]) is var letter and >= 0) bytes.Add((byte)Meanings[letter]);
            else if (i + 2 < text.Length && text[i] is >= '0' and <= '3' && text[i + 1] is >= '0' and <= '7' && text[i + 2] is >= '0' and <= '7')
            {
                bytes.Add((byte)((text[i] - '0') * 64 + (text[i + 1] - '0') * 8 + text[i + 2] - '0'));
                i += 2;
            }
            else return false;
        }
        return false;
    }

    /// <summary>Quotes when a byte is not printable ASCII, or is a quote or backslash, as with core.quotePath.</summary>
    public static string Write(string name)
    {
        var quoted = new StringBuilder("\"");
        foreach (var value in Encoding.UTF8.GetBytes(name))
        {
            if (Meanings.IndexOf((char)value) is var letter and >= 0) quoted.Append('\\').Append(Letters[letter]);
            else if (value is < 0x20 or >= 0x7f) quoted.Append('\\').Append(Convert.ToString(value, 8).PadLeft(3, '0'));
            else quoted.Append((char)value);
        }
        return quoted.Length == name.Length + 1 ? name : quoted.Append('"').ToString();
    }
}
