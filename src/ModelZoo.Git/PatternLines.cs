namespace ModelZoo.Git;

/// <summary>The lines of a .gitignore or .gitattributes, bounded: what lies beyond the bounds is as if it were not there.</summary>
static class PatternLines
{
    public const int MaxLines = 10_000;

    /// <summary>Lines of 2048 bytes and more are ignored by git too (attr.h, ATTR_MAX_LINE_LENGTH, since 2.39.1).</summary>
    public const int MaxLineLength = 2048;

    /// <summary>Bounds the patterns that one path is held against.</summary>
    public const int MaxTextLength = 512 * 1024;

    public static IEnumerable<string> Read(string text)
    {
        var start = text.StartsWith('\uFEFF') ? 1 : 0;
        var limit = Math.Min(text.Length, start + MaxTextLength);
        for (var lines = 0; start < limit && lines < MaxLines; lines++)
        {
            var end = text.IndexOf('\n', start);
            if (end < 0) end = text.Length;
            if (end - start < MaxLineLength) yield return text[start..end];
            start = end + 1;
        }
    }
}
