using System.Globalization;

namespace ModelZoo.Inference.Patterns;

/// <summary>Properties by the names that regular expressions use.</summary>
static class UnicodeProperty
{
    static readonly string[] s_categories =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>Blocks of the scripts that published tokenizers name (Unicode's Scripts.txt; stray characters outside the blocks are left out).</summary>
    static readonly Dictionary<string, (int First, int Last)[]> s_scripts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Han"] = [(0x2E80, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAD9), (0x16FE2, 0x16FF1), (0x20000, 0x323AF)],
        ["Hiragana"] = [(0x3041, 0x3096), (0x309D, 0x309F), (0x1B001, 0x1B11F), (0x1B150, 0x1B152), (0x1F200, 0x1F200)],
        ["Katakana"] = [(0x30A1, 0x30FA), (0x30FD, 0x30FF), (0x31F0, 0x31FF), (0x32D0, 0x32FE), (0x3300, 0x3357), (0xFF66, 0xFF6F), (0xFF71, 0xFF9D), (0x1B000, 0x1B000), (0x1B164, 0x1B167)],
        ["Hangul"] = [(0x1100, 0x11FF), (0x302E, 0x302F), (0x3131, 0x318E), (0x3200, 0x321E), (0x3260, 0x327E), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xD7B0, 0xD7FB), (0xFFA0, 0xFFDC)],
        ["Thai"] = [(0x0E01, 0x0E3A), (0x0E40, 0x0E5B)],
        ["Arabic"] = [(0x0600, 0x0604), (0x0606, 0x060B), (0x060D, 0x061A), (0x061C, 0x061E), (0x0620, 0x063F), (0x0641, 0x064A), (0x0656, 0x066F), (0x0671, 0x06DC), (0x06DE, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)],
        ["Cyrillic"] = [(0x0400, 0x0484), (0x0487, 0x052F), (0x1C80, 0x1C88), (0x1D2B, 0x1D2B), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)],
        ["Greek"] = [(0x0370, 0x0373), (0x0375, 0x0377), (0x037A, 0x037D), (0x037F, 0x037F), (0x0384, 0x0384), (0x0386, 0x0386), (0x0388, 0x03E1), (0x03F0, 0x03FF), (0x1F00, 0x1FFE)],
    };

    public static CharSet? Find(string name)
    {
        var set = new CharSet();
        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        for (var i = 0; i < s_categories.Length; i++)
            if (s_categories[i] == plain || (plain.Length == 1 && s_categories[i][0] == char.ToUpperInvariant(plain[0]))) set.Add((UnicodeCategory)i);
        if (plain is "L&" or "LC") set.Add(UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter);
        if (set.HasMore) return set;
        switch (plain.ToLowerInvariant())
        {
            case "letter": return Find("L");
            case "number": return Find("N");
            case "punctuation": return Find("P");
            case "mark": return Find("M");
            case "symbol": return Find("S");
            case "any": return set.Add(0, 0x10FFFF);
            case "alphabetic" or "alpha": return Find("L")!.Add(UnicodeCategory.LetterNumber);
            case "whitespace": return set.AddSpace();
        }
        var script = plain.StartsWith("Script=", StringComparison.OrdinalIgnoreCase) ? plain["Script=".Length..] : plain;
        if (!s_scripts.TryGetValue(script, out var ranges)) return null;
        foreach (var (first, last) in ranges) set.Add(first, last);
        return set;
    }

    public static CharSet? FindPosix(string name) => name switch
    {
        "alpha" => Find("L")!.Add(UnicodeCategory.LetterNumber),
        "digit" => Find("Nd"),
        "alnum" => Find("L")!.Add(UnicodeCategory.LetterNumber, UnicodeCategory.DecimalDigitNumber),
        "space" => new CharSet().AddSpace(),
        "punct" => Find("P"),
        "upper" => Find("Lu"),
        "lower" => Find("Ll"),
        "word" => new CharSet().AddWord(),
        "cntrl" => Find("Cc"),
        _ => null,
    };
}
