namespace ModelZoo.Hub.Cards;

/// <summary>What a plain scalar means: YAML 1.2.2, section 10.3.2 (core schema). Hand-written so that no text costs more than its length.</summary>
static class CoreSchema
{
    public static ScalarKind Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        ".nan" or ".NaN" or ".NAN" => ScalarKind.Real,
        _ => ResolveNumber(text),
    };

    static ScalarKind ResolveNumber(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("0o")) return text.Length > 2 && !text[2..].ContainsAnyExceptInRange('0', '7') ? ScalarKind.Integer : ScalarKind.Text;
        if (text.StartsWith("0x")) return text.Length > 2 && IsHex(text[2..]) ? ScalarKind.Integer : ScalarKind.Text;

        var rest = text[0] is '+' or '-' ? text[1..] : text;
        if (rest is ".inf" or ".Inf" or ".INF") return ScalarKind.Real;
        var whole = TakeDigits(ref rest);
        if (rest.IsEmpty) return whole > 0 ? ScalarKind.Integer : ScalarKind.Text;
        var fraction = 0;
        if (rest[0] == '.')
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }
        if (whole + fraction == 0) return ScalarKind.Text;
        if (rest.IsEmpty) return ScalarKind.Real;
        if (rest[0] is not ('e' or 'E')) return ScalarKind.Text;
        rest = rest[1..];
        if (!rest.IsEmpty && rest[0] is '+' or '-') rest = rest[1..];
        return TakeDigits(ref rest) > 0 && rest.IsEmpty ? ScalarKind.Real : ScalarKind.Text;
    }

    static int TakeDigits(ref ReadOnlySpan<char> text)
    {
        var count = text.IndexOfAnyExceptInRange('0', '9');
        if (count < 0) count = text.Length;
        text = text[count..];
        return count;
    }

    static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigit(c)) return false;
        return true;
    }
}
