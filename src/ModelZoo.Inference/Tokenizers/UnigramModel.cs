using System.Text;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>The most probable way to cut a piece into tokens that are drawn one by one (Kudo 2018, arXiv:1804.10959), by Viterbi's algorithm.</summary>
sealed class UnigramModel : TokenModel
{
    const double UnknownPenalty = 10;       // SentencePiece, unigram_model.cc, kUnkPenalty

    readonly TokenTrie _trie = new();
    readonly double[] _scores;
    readonly int? _unknown;
    readonly int[]? _bytes;
    readonly double _unknownScore;

    public UnigramModel(Vocabulary vocabulary, double[] scores, int? unknown, bool byteFallback)
        : base(vocabulary)
    {
        (_scores, _unknown) = (scores, unknown);
        foreach (var (token, id) in vocabulary.Items) _trie.Add(token, id);
        _unknownScore = (scores.Length == 0 ? 0 : scores.Min()) - UnknownPenalty;
        if (byteFallback && vocabulary.TryGetBytes(out var bytes)) _bytes = bytes;
    }

    protected override void Compute(ReadOnlySpan<char> piece, List<PieceToken> into)
    {
        if (piece.Length == 0) return;
        var best = new double[piece.Length + 1];
        var from = new int[piece.Length + 1];
        var ids = new int[piece.Length + 1];
        from.AsSpan(1).Fill(-1);
        for (var start = 0; start < piece.Length;)
        {
            CodePoints.At(piece, start, out var width);
            var hasSingle = false;
            var node = 0;
            for (var i = start; i < piece.Length && (node = _trie.Step(node, piece[i])) != 0; i++)
            {
                if (_trie.IdAt(node) is not (>= 0 and var id)) continue;
                hasSingle |= i + 1 - start == width;
                Reach(i + 1, best[start] + _scores[id], id);
            }
            if (!hasSingle) Reach(start + width, best[start] + _unknownScore, -1);
            start += width;

            void Reach(int end, double score, int id)
            {
                if (from[end] >= 0 && score <= best[end]) return;
                (best[end], from[end], ids[end]) = (score, start, id);
            }
        }
        var before = into.Count;
        for (var end = piece.Length; end > 0;)
        {
            var start = from[end];
            var id = ids[end];
            // Unknown characters in a row are one unknown token.
            while (id < 0 && start > 0 && ids[start] < 0) start = from[start];
            if (id < 0 && _unknown is null && _bytes is null) throw new InferenceException(InferenceFault.Model, "A character is not in the vocabulary, and the vocabulary has no token for unknown ones.");
            if (id < 0) AddUnknown(piece, start, end, into);
            else into.Add(new(id, start, end));
            end = start;
        }
        into.Reverse(before, into.Count - before);
    }

    /// <summary>Backwards, like everything that is collected here.</summary>
    void AddUnknown(ReadOnlySpan<char> piece, int start, int end, List<PieceToken> into)
    {
        var bytes = _bytes is null ? [] : Encoding.UTF8.GetBytes(piece[start..end].ToString());
        if (_bytes is not null && bytes.All(b => _bytes[b] >= 0))
        {
            for (var i = bytes.Length - 1; i >= 0; i--) into.Add(new(_bytes[bytes[i]], start, end));
            return;
        }
        into.Add(new(_unknown ?? 0, start, end, piece[start..end].ToString()));
    }
}
