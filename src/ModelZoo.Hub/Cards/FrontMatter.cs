using System.Text;

namespace ModelZoo.Hub.Cards;

/// <summary>Where the metadata block of a README lies: offsets into the text, so that edits touch nothing else.</summary>
/// <param name="HasBlock">False when the text does not begin with a closed block.</param>
/// <param name="YamlStart">Offset of the first character after the opening line.</param>
/// <param name="YamlEnd">Offset of the closing <c>---</c>.</param>
/// <param name="BodyStart">Offset of the first character after the closing line; after the byte order mark when there is no block.</param>
readonly record struct FrontMatter(bool HasBlock, int YamlStart, int YamlEnd, int BodyStart)
{
    /// <summary>Largest block that is read, in UTF-8 bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    public static FrontMatter Find(string text)
    {
        var start = text.StartsWith('\ufeff') ? 1 : 0;
        var none = new FrontMatter(false, start, start, start);
        if (!IsRule(text, start, out var yamlStart)) return none;
        for (var line = yamlStart; line < text.Length;)
        {
            if (IsRule(text, line, out var next)) return new(true, yamlStart, line, next);
            var end = text.IndexOf('\n', line);
            if (end < 0) break;
            line = end + 1;
        }
        return none;
    }

    public string Yaml(string text) => text[YamlStart..YamlEnd];

    public string Body(string text) => text[BodyStart..];

    public bool IsTooLarge(string text) =>
        YamlEnd - YamlStart > MaxBytes || Encoding.UTF8.GetByteCount(text.AsSpan(YamlStart, YamlEnd - YamlStart)) > MaxBytes;

    /// <summary>True when the line at <paramref name="at"/> is exactly <c>---</c>, trailing blanks aside.</summary>
    static bool IsRule(string text, int at, out int next)
    {
        var end = text.IndexOf('\n', at);
        next = end < 0 ? text.Length : end + 1;
        return text.AsSpan(at, (end < 0 ? text.Length : end) - at).TrimEnd(" \t\r") is "---";
    }
}
