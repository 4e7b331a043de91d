using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Unicode;

/// <summary>Code points in UTF-16 text, and the classes of them that tokenizers speak of.</summary>
static class CodePoints
{
    /// <summary>The code point at an index; half of a pair that stands alone is itself.</summary>
    public static int At(ReadOnlySpan<char> text, int index, out int length)
    {
        var c = text[index];
        length = 1;
        if (!char.IsHighSurrogate(c) || index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1])) return c;
        length = 2;
        return char.ConvertToUtf32(c, text[index + 1]);
    }

    /// <summary>Where the code point before an index begins.</summary>
    public static int Before(ReadOnlySpan<char> text, int index) =>
        index >= 2 && char.IsLowSurrogate(text[index - 1]) && char.IsHighSurrogate(text[index - 2]) ? index - 2 : index - 1;

    public static UnicodeCategory Category(int point) => CharUnicodeInfo.GetUnicodeCategory(point);

    /// <summary>Unicode's White_Space, as Rust's <c>char::is_whitespace</c>. No such character lies beyond the BMP.</summary>
    public static bool IsSpace(int point) => point < 0x10000 && char.IsWhiteSpace((char)point);

    /// <summary>Letters, marks, decimal digits, letter numbers and connectors: what <c>\w</c> matches in Rust and Oniguruma.</summary>
    public static bool IsWord(int point) => point < 128 ? char.IsAsciiLetterOrDigit((char)point) || point == '_'
        : Category(point) is <= UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;

    public static bool IsNumber(int point) => Category(point) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>ASCII punctuation and symbols, and Unicode's P classes: what BERT sets apart.</summary>
    public static bool IsPunctuation(int point) => point < 128 ? char.IsBetween((char)point, '!', '/') || char.IsBetween((char)point, ':', '@') || char.IsBetween((char)point, '[', '`') || char.IsBetween((char)point, '{', '~')
        : Category(point) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>The blocks that BERT takes for Chinese writing (google-research/bert, tokenization.py, _is_chinese_char).</summary>
    public static bool IsIdeograph(int point) => point >= 0x3400 && point
        is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>The simple lower-case form; İ (U+0130) alone has two characters, which the caller adds.</summary>
    public static int ToLower(int point) => point < 128 ? char.IsAsciiLetterUpper((char)point) ? point | 0x20 : point
        : Rune.TryCreate(point, out var rune) ? Rune.ToLowerInvariant(rune).Value : point;

    public static int ToUpper(int point) => point < 128 ? char.IsAsciiLetterLower((char)point) ? point & ~0x20 : point
        : Rune.TryCreate(point, out var rune) ? Rune.ToUpperInvariant(rune).Value : point;
}
