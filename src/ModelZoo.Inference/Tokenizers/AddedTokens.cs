using System.Buffers;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>A token that is found in the text as it stands, before any model sees it.</summary>
public sealed record AddedToken(int Id, string Content)
{
    public bool IsSpecial { get; init; }
    public bool IsSingleWord { get; init; }
    public bool StripsLeft { get; init; }
    public bool StripsRight { get; init; }
    public bool IsNormalized { get; init; }
}

/// <summary>Finds added tokens: leftmost first, of several at one place the longest.</summary>
sealed class AddedTokenFinder
{
    readonly SearchValues<char> _firsts;
    readonly ILookup<char, (string Content, AddedToken Token)> _byFirst;

    public AddedTokenFinder(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        var list = tokens.Where(pair => pair.Content.Length > 0).OrderByDescending(pair => pair.Content.Length).ToList();
        _byFirst = list.ToLookup(pair => pair.Content[0]);
        _firsts = SearchValues.Create([.. list.Select(pair => pair.Content[0]).Distinct()]);
        IsEmpty = list.Count == 0;
    }

    public bool IsEmpty { get; }

    /// <summary>Adds the parts of a text: found tokens, and what lies between them.</summary>
    public void Split(ReadOnlySpan<char> text, List<(int Start, int End, AddedToken? Token)> parts)
    {
        var kept = 0;
        for (var at = 0; !IsEmpty && at < text.Length;)
        {
            var skip = text[at..].IndexOfAny(_firsts);
            if (skip < 0) break;
            at += skip;
            if (Find(text, at) is not { } token)
            {
                at++;
                continue;
            }
            var (start, end) = (at, at + token.Content.Length);
            at = end;
            if (token.Token.IsSingleWord && ((start > 0 && CodePoints.IsWord(CodePoints.At(text, CodePoints.Before(text, start), out _))) || (end < text.Length && CodePoints.IsWord(CodePoints.At(text, end, out _))))) continue;
            while (token.Token.StripsLeft && start > kept && CodePoints.IsSpace(text[start - 1])) start--;
            while (token.Token.StripsRight && end < text.Length && CodePoints.IsSpace(text[end])) end++;
            if (start > kept) parts.Add((kept, start, null));
            parts.Add((start, end, token.Token));
            (kept, at) = (end, end);
        }
        if (kept < text.Length) parts.Add((kept, text.Length, null));
    }

    (string Content, AddedToken Token)? Find(ReadOnlySpan<char> text, int at)
    {
        foreach (var token in _byFirst[text[at]])
            if (text[at..].StartsWith(token.Content, StringComparison.Ordinal)) return token;
        return null;
    }
}
