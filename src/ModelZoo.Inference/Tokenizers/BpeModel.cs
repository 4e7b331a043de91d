using System.Text;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>How a BPE vocabulary differs from the plain one.</summary>
sealed record BpeOptions
{
    public int? Unknown { get; init; }
    public string Prefix { get; init; } = "";
    public string Suffix { get; init; } = "";
    public bool FusesUnknown { get; init; }
    public bool ByteFallback { get; init; }
    public bool IgnoresMerges { get; init; }
}

/// <summary>
/// Byte-pair encoding (Sennrich 2016, arXiv:1508.07909): starts from single characters and joins the neighbours whose merge comes first in the list, the
/// leftmost of equals. Merges are found by rank, or, for SentencePiece's vocabularies in GGUF, by the score of what they make.
/// </summary>
sealed class BpeModel : TokenModel
{
    /// <summary>Below this many symbols a plain search for the best pair is faster than a heap.</summary>
    const int SmallPiece = 40;

    readonly Dictionary<long, (int Rank, int Id)> _merges;
    readonly BpeOptions _options;
    readonly int[]? _bytes;
    readonly int[] _single = new int[0x250];
    readonly bool _isPlain;

    public BpeModel(Vocabulary vocabulary, Dictionary<long, (int Rank, int Id)> merges, BpeOptions options)
        : base(vocabulary)
    {
        (_merges, _options) = (merges, options);
        _isPlain = options.Prefix.Length == 0 && options.Suffix.Length == 0;
        if (options.ByteFallback && vocabulary.TryGetBytes(out var bytes)) _bytes = bytes;
        for (var c = 0; c < _single.Length; c++) _single[c] = vocabulary.TryGetId([(char)c], out var id) ? id : -1;
    }

    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    protected override void Compute(ReadOnlySpan<char> piece, List<PieceToken> into)
    {
        if (_options.IgnoresMerges && Vocabulary.TryGetId(piece, out var whole))
        {
            into.Add(new(whole, 0, piece.Length));
            return;
        }
        var symbols = new List<PieceToken>(piece.Length);
        Start(piece, symbols);
        if (symbols.Count <= SmallPiece) MergeSmall(symbols);
        else symbols = MergeLarge(symbols);
        into.AddRange(symbols);
    }

    void Start(ReadOnlySpan<char> piece, List<PieceToken> symbols)
    {
        scoped Span<char> word = stackalloc char[2 + _options.Prefix.Length + _options.Suffix.Length];
        for (var i = 0; i < piece.Length;)
        {
            var length = 1;
            int id;
            if (_isPlain && piece[i] < _single.Length) id = _single[piece[i]];
            else
            {
                CodePoints.At(piece, i, out length);
                scoped var chars = piece.Slice(i, length);
                if (!_isPlain)
                {
                    var written = 0;
                    if (i > 0) Put(word, _options.Prefix, ref written);
                    Put(word, chars, ref written);
                    if (i + length == piece.Length) Put(word, _options.Suffix, ref written);
                    chars = word[..written];
                }
                id = Vocabulary.TryGetId(chars, out var found) ? found : -1;
            }
            if (id >= 0) symbols.Add(new(id, i, i + length));
            else AddUnknown(piece, i, i + length, symbols);
            i += length;
        }

        static void Put(Span<char> word, ReadOnlySpan<char> part, ref int written)
        {
            part.CopyTo(word[written..]);
            written += part.Length;
        }
    }

    void AddUnknown(ReadOnlySpan<char> piece, int start, int end, List<PieceToken> symbols)
    {
        Span<byte> utf8 = stackalloc byte[12];
        var count = Encoding.UTF8.GetBytes(piece[start..end], utf8);
        if (_bytes is not null)
        {
            var isComplete = true;
            foreach (var b in utf8[..count]) isComplete &= _bytes[b] >= 0;
            if (isComplete)
            {
                foreach (var b in utf8[..count]) symbols.Add(new(_bytes[b], start, end));
                return;
            }
        }
        if (_options.Unknown is not { } unknown) return;
        if (_options.FusesUnknown && symbols.Count > 0 && symbols[^1].Id == unknown && symbols[^1].End == start) symbols[^1] = symbols[^1] with { End = end };
        else symbols.Add(new(unknown, start, end));
    }

    void MergeSmall(List<PieceToken> symbols)
    {
        while (symbols.Count > 1)
        {
            var (best, at, made) = (int.MaxValue, -1, 0);
            for (var i = 0; i + 1 < symbols.Count; i++)
                if (_merges.TryGetValue(Pair(symbols[i].Id, symbols[i + 1].Id), out var merge) && merge.Rank < best) (best, at, made) = (merge.Rank, i, merge.Id);
            if (at < 0) return;
            symbols[at] = new(made, symbols[at].Start, symbols[at + 1].End);
            symbols.RemoveAt(at + 1);
        }
    }

    /// <summary>The same in n log n: a megabyte without a space is one piece.</summary>
    List<PieceToken> MergeLarge(List<PieceToken> symbols)
    {
        var count = symbols.Count;
        var (next, previous, tokens) = (new int[count], new int[count], symbols.ToArray());
        var queue = new PriorityQueue<(int At, long Pair, int Made), (int Rank, int At)>(count);
        for (var i = 0; i < count; i++) (next[i], previous[i]) = (i + 1 < count ? i + 1 : -1, i - 1);
        for (var i = 0; i + 1 < count; i++) Offer(i);
        while (queue.TryDequeue(out var candidate, out _))
        {
            var (left, right) = (candidate.At, next[candidate.At]);
            // Stale when either neighbour has been merged away or into something else since.
            if (right < 0 || tokens[left].Id < 0 || Pair(tokens[left].Id, tokens[right].Id) != candidate.Pair) continue;
            tokens[left] = new(candidate.Made, tokens[left].Start, tokens[right].End);
            tokens[right] = tokens[right] with { Id = -1 };
            next[left] = next[right];
            if (next[right] >= 0) previous[next[right]] = left;
            if (previous[left] >= 0) Offer(previous[left]);
            if (next[left] >= 0) Offer(left);
        }
        var merged = new List<PieceToken>();
        for (var i = 0; i >= 0; i = next[i]) merged.Add(tokens[i]);
        return merged;

        void Offer(int left)
        {
            var pair = Pair(tokens[left].Id, tokens[next[left]].Id);
            if (_merges.TryGetValue(pair, out var merge)) queue.Enqueue((left, pair, merge.Id), (merge.Rank, left));
        }
    }
}
