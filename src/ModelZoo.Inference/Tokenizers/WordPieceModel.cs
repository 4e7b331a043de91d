using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Greedy longest match from the left (Schuster and Nakajima 2012, as BERT uses it); a word that cannot be covered is unknown as a whole.</summary>
sealed class WordPieceModel : TokenModel
{
    readonly TokenTrie _first = new();
    readonly TokenTrie _next = new();
    readonly int _unknown;
    readonly int _maxCharacters;

    public WordPieceModel(Vocabulary vocabulary, int unknown, string prefix, int maxCharacters)
        : base(vocabulary)
    {
        (_unknown, _maxCharacters) = (unknown, maxCharacters);
        foreach (var (token, id) in vocabulary.Items)
        {
            _first.Add(token, id);
            if (token.StartsWith(prefix, StringComparison.Ordinal) && token.Length > prefix.Length) _next.Add(token.AsSpan(prefix.Length), id);
        }
    }

    protected override void Compute(ReadOnlySpan<char> piece, List<PieceToken> into)
    {
        var before = into.Count;
        if (piece.Length > _maxCharacters && Count(piece) > _maxCharacters)
        {
            into.Add(new(_unknown, 0, piece.Length));
            return;
        }
        for (var at = 0; at < piece.Length;)
        {
            var trie = at == 0 ? _first : _next;
            var (node, id, end) = (0, -1, at);
            for (var i = at; i < piece.Length && (node = trie.Step(node, piece[i])) != 0; i++)
                if (trie.IdAt(node) is >= 0 and var found) (id, end) = (found, i + 1);
            if (id < 0)
            {
                into.RemoveRange(before, into.Count - before);
                into.Add(new(_unknown, 0, piece.Length));
                return;
            }
            into.Add(new(id, at, end));
            at = end;
        }
    }

    static int Count(ReadOnlySpan<char> piece)
    {
        var count = 0;
        for (var i = 0; i < piece.Length; count++)
        {
            CodePoints.At(piece, i, out var length);
            i += length;
        }
        return count;
    }
}
