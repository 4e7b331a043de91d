namespace ModelZoo.Tests.Git;

/// <summary>Seeded patterns of .gitignore and .gitattributes, and paths they have a chance to match.</summary>
static class RandomPatterns
{
    static readonly string[] Pieces = ["a", "b", "a", "b", "ab", ".", "*", "*", "?", "**", "/", "/", "/**/", "**/", "/**", "/*", "[ab]", "[!a]", "[^b]", "[a-c]", "[[:alpha:]]", "[]a]", "[a", "\\a", "\\*", "*.bin", "x", "é", "***", "[!/]", "a**", "[a-", "[b-\\c]", "[[:no:]]", "[[a]", "-"];

    public static string Pattern(Random random)
    {
        var pattern = string.Concat(Enumerable.Range(0, 1 + random.Next(5)).Select(_ => Pieces[random.Next(Pieces.Length)]));
        return random.Next(6) == 0 ? pattern + "/" : pattern;
    }

    static readonly string[] Segments = ["a", "b", "ab", "ba", "aab", "x", "a.bin", "b.bin", ".a", "é", "aé", "c", "]", "*", "a-", "[a"];

    public static string Path(Random random) => string.Join('/', Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Segments[random.Next(Segments.Length)]));
}
