using System.Text;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>
/// Chooses paths by shell patterns with the meaning they have in Python's <c>fnmatch</c>, so that patterns written for the Hugging Face
/// client choose the same files: <c>*</c> and <c>?</c> match any character, also '/'; <c>[a-z]</c> and <c>[!a-z]</c> one character;
/// a pattern that ends in '/' means everything below. Upper and lower case differ.
/// </summary>
public sealed class PathFilter
{
    readonly Rune[][] _allow;
    readonly Rune[][] _ignore;

    /// <summary>Lets every path through.</summary>
    public static PathFilter All { get; } = new(null, null);

    /// <summary>Makes a filter.</summary>
    /// <param name="allow">A path must match one of these; null or empty allows all.</param>
    /// <param name="ignore">A path must match none of these.</param>
    public PathFilter(IEnumerable<string>? allow, IEnumerable<string>? ignore) => (_allow, _ignore) = (Prepare(allow), Prepare(ignore));

    /// <summary>True when the path is chosen.</summary>
    public bool Accepts(RepoPath path)
    {
        if (_allow.Length == 0 && _ignore.Length == 0) return true;
        Rune[] text = [.. path.Value.EnumerateRunes()];
        return (_allow.Length == 0 || Array.Exists(_allow, pattern => Matches(pattern, text)))
            && !Array.Exists(_ignore, pattern => Matches(pattern, text));
    }

    /// <summary>True when the whole text matches the pattern.</summary>
    public static bool IsMatch(string pattern, string text) => Matches([.. pattern.EnumerateRunes()], [.. text.EnumerateRunes()]);

    static Rune[][] Prepare(IEnumerable<string>? patterns) =>
        patterns is null ? [] : [.. patterns.Select(p => p.EndsWith('/') ? p + "*" : p).Select(p => p.EnumerateRunes().ToArray())];

    /// <summary>Linear but for stars, each of which is retried one character further: at most pattern × text steps.</summary>
    static bool Matches(ReadOnlySpan<Rune> pattern, ReadOnlySpan<Rune> text)
    {
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p].Value == '*')
            {
                (star, mark) = (p++, t);
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, text[t], out var next))
            {
                (p, t) = (next, t + 1);
            }
            else if (star >= 0)
            {
                (p, t) = (star + 1, ++mark);
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p].Value == '*') p++;
        return p == pattern.Length;
    }

    static bool MatchesOne(ReadOnlySpan<Rune> pattern, int at, Rune c, out int next)
    {
        next = at + 1;
        if (pattern[at].Value == '?') return true;
        if (pattern[at].Value != '[') return pattern[at] == c;
        var start = at + 1;
        var negated = start < pattern.Length && pattern[start].Value == '!';
        if (negated) start++;
        var end = start < pattern.Length && pattern[start].Value == ']' ? start + 1 : start;       // a ']' right after '[' is a member
        while (end < pattern.Length && pattern[end].Value != ']') end++;
        if (end >= pattern.Length) return c.Value == '[';                                         // no closing bracket: a plain '['
        next = end + 1;
        return Contains(pattern[start..end], c) != negated;
    }

    static bool Contains(ReadOnlySpan<Rune> set, Rune c)
    {
        for (var i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1].Value == '-')
            {
                if (set[i] <= c && c <= set[i + 2]) return true;                                  // an empty range (z-a) has no members
                i += 2;
            }
            else if (set[i] == c)
            {
                return true;
            }
        }
        return false;
    }
}
