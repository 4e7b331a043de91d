namespace ModelZoo.Inference.Tokenizers;

/// <summary>A token of a piece: its number, and which characters of the piece it stands for.</summary>
readonly record struct PieceToken(int Id, int Start, int End, string? Text = null);

/// <summary>Turns pieces of text into tokens.</summary>
abstract class TokenModel(Vocabulary vocabulary)
{
    const int CachedPieces = 1 << 14, LongestCached = 48;

    /// <summary>Texts repeat their words. Whoever loses a race here only computes a word again; entries never change.</summary>
    readonly CachedPiece?[] _cache = new CachedPiece?[CachedPieces];

    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>Adds the tokens of a piece.</summary>
    public void Tokenize(ReadOnlySpan<char> piece, List<PieceToken> into)
    {
        if (piece.Length > LongestCached)
        {
            Compute(piece, into);
            return;
        }
        var hash = 0u;
        foreach (var c in piece) hash = (hash ^ c) * 0x9E3779B1;
        ref var slot = ref _cache[(hash ^ (hash >> 15)) & (CachedPieces - 1)];
        var known = Volatile.Read(ref slot);
        if (known is not null && piece.SequenceEqual(known.Text))
        {
            into.AddRange(known.Tokens);
            return;
        }
        var before = into.Count;
        Compute(piece, into);
        Volatile.Write(ref slot, new(piece.ToString(), [.. into.Skip(before)]));
    }

    protected abstract void Compute(ReadOnlySpan<char> piece, List<PieceToken> into);

    sealed record CachedPiece(string Text, PieceToken[] Tokens);
}

/// <summary>Every piece is one token.</summary>
sealed class WordLevelModel(Vocabulary vocabulary, int? unknown) : TokenModel(vocabulary)
{
    protected override void Compute(ReadOnlySpan<char> piece, List<PieceToken> into)
    {
        if (Vocabulary.TryGetId(piece, out var id)) into.Add(new(id, 0, piece.Length));
        else into.Add(new(unknown ?? throw new InferenceException(InferenceFault.Model, "A word is not in the vocabulary, and the vocabulary has no token for unknown words."), 0, piece.Length));
    }
}
