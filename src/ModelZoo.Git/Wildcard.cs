using System.Numerics;
using System.Text;

namespace ModelZoo.Git;

/// <summary>
/// One pattern of git's wildmatch, matched against UTF-8 bytes as git does. All positions of the pattern that are possible
/// after each byte are kept at once, so a match costs at most text × pattern steps, whatever the pattern.
/// </summary>
sealed class Wildcard
{
    /// <summary>Longer patterns never match: no path segment needs them, and they bound the cost of a match.</summary>
    public const int MaxPatternBytes = 1024;

    readonly byte[] _literal;              // the bytes before the first wildcard
    readonly WildcardStep[] _steps;        // what follows them
    readonly bool _isValid;

    /// <param name="pattern">May be any text; an unclosed '[' or a trailing '\' makes a pattern that never matches.</param>
    /// <param name="isPath">'*', '?' and '[' do not match '/', and "**" between slashes matches folders. Otherwise the text has no '/'.</param>
    public Wildcard(string pattern, bool isPath)
    {
        var bytes = Encoding.UTF8.GetBytes(pattern);
        var wild = bytes.AsSpan().IndexOfAny("*?[\\"u8);
        _literal = wild < 0 ? bytes : bytes[..wild];
        _steps = [];
        _isValid = bytes.Length <= MaxPatternBytes;
        if (wild >= 0 && _isValid) _isValid = WildcardStep.TryCompile(bytes.AsSpan(wild), isPath, out _steps);
    }

    public bool Matches(ReadOnlySpan<byte> text)
    {
        if (!_isValid || !text.StartsWith(_literal)) return false;
        text = text[_literal.Length..];
        if (_steps.Length == 0) return text.IsEmpty;
        // Most patterns end in letters ("*.bin"), and most texts then fail here. A pattern that ends in "**/" may also match nothing.
        var endsInLetter = _steps[^1].Kind == WildcardKind.Literal && !(_steps.Length >= 3 && _steps[^3].Kind == WildcardKind.OptionalFolders);
        if (endsInLetter && (text.IsEmpty || text[^1] != _steps[^1].Value)) return false;
        return Run(text);
    }

    bool Run(ReadOnlySpan<byte> text)
    {
        var words = _steps.Length / 64 + 1;
        Span<ulong> now = stackalloc ulong[words], next = stackalloc ulong[words];
        now.Clear();
        Reach(now, 0);
        foreach (var value in text)
        {
            next.Clear();
            var any = false;
            for (var word = 0; word < words; word++)
            {
                for (var bits = now[word]; bits != 0; bits &= bits - 1)
                {
                    var at = word * 64 + BitOperations.TrailingZeroCount(bits);
                    if (at == _steps.Length || !_steps[at].Accepts(value)) continue;
                    any = true;
                    if (_steps[at].Repeats) Reach(next, at);
                    else Reach(next, at + 1);
                }
            }
            if (!any) return false;
            var swap = now;
            now = next;
            next = swap;
        }
        return (now[_steps.Length / 64] >> (_steps.Length % 64) & 1) != 0;
    }

    /// <summary>Marks a position, and those that follow it without reading a byte.</summary>
    void Reach(Span<ulong> positions, int at)
    {
        while (true)
        {
            positions[at / 64] |= 1UL << (at % 64);
            if (at == _steps.Length) return;
            if (_steps[at].Kind == WildcardKind.OptionalFolders)
            {
                Reach(positions, at + 1);           // "**" reads something, then '/'
                at += 3;                            // or "**/" is not there at all
            }
            else if (_steps[at].Repeats) at++;
            else return;
        }
    }
}
