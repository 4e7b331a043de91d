using ModelZoo.Weights;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Between text and the numbers of tokens, as tokenizer.json or a GGUF file describes it. Any number of threads may use one at once.</summary>
public sealed class Tokenizer
{
    /// <summary>Longest text that is taken, in UTF-16 units; what comes from strangers is cut or refused long before.</summary>
    public const int MaxTextLength = 64 << 20;

    [ThreadStatic]
    static Workspace? s_workspace;

    readonly Normalizer? _normalizer;
    readonly PreTokenizer? _preTokenizer;
    readonly TokenModel _model;
    readonly PostProcessor? _postProcessor;
    readonly Decoder? _decoder;
    readonly Dictionary<int, AddedToken> _added;
    readonly Dictionary<string, int> _addedIds;
    readonly AddedTokenFinder _raw, _normalized;

    internal Tokenizer(TokenizerParts parts)
    {
        (_normalizer, _preTokenizer, _model, _postProcessor, _decoder) = (parts.Normalizer, parts.PreTokenizer, parts.Model, parts.PostProcessor, parts.Decoder);
        (Truncation, Padding) = (parts.Truncation, parts.Padding);
        _added = parts.Added.GroupBy(token => token.Id).ToDictionary(group => group.Key, group => group.Last());
        _addedIds = parts.Added.GroupBy(token => token.Content).ToDictionary(group => group.Key, group => group.Last().Id, StringComparer.Ordinal);
        _raw = new(parts.Added.Where(token => !token.IsNormalized).Select(token => (token.Content, token)));
        _normalized = new(parts.Added.Where(token => token.IsNormalized).Select(token => (Normalize(token.Content), token)));
        VocabularySize = Math.Max(_model.Vocabulary.Count, _added.Count == 0 ? 0 : _added.Keys.Max() + 1);
    }

    /// <summary>One more than the highest number.</summary>
    public int VocabularySize { get; }

    /// <summary>How the file wants long texts cut; null when it does not say. Applied by <see cref="Encode"/>.</summary>
    public TruncationRule? Truncation { get; }

    public PaddingRule? Padding { get; }

    public IReadOnlyCollection<AddedToken> AddedTokens => _added.Values;

    public int? FindId(string token) => _addedIds.TryGetValue(token, out var id) ? id : _model.Vocabulary.FindId(token);

    public string? FindToken(int id) => _added.TryGetValue(id, out var added) ? added.Content : _model.Vocabulary.FindToken(id);

    public bool IsSpecial(int id) => _added.TryGetValue(id, out var added) && added.IsSpecial;

    /// <summary>Reads tokenizer.json of a model, or the vocabulary in its GGUF file; null when it has neither.</summary>
    public static Task<Tokenizer?> FindAsync(IModelFiles files, CancellationToken stop) => TokenizerFiles.FindAsync(files, stop);

    /// <exception cref="InferenceException">The file is broken or uses what is not supported.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> tokenizerJson) => TokenizerReader.Read(tokenizerJson);

    /// <summary>Tokens with all that is known of them, with special tokens around them unless that is turned off.</summary>
    public TokenSequence Encode(string text, string? second = null, bool addsSpecial = true, TruncationRule? truncation = null)
    {
        var first = EncodeOne(text);
        var other = second is null ? null : EncodeOne(second);
        if (_postProcessor is not null) (first, other) = (_postProcessor.Prepare(first), other is null ? null : _postProcessor.Prepare(other));
        if ((truncation ?? Truncation) is { } rule) rule.Cut(ref first, ref other, addsSpecial ? _postProcessor?.CountAdded(second is not null) ?? 0 : 0);
        return addsSpecial && _postProcessor is not null ? _postProcessor.Join(first, other) : PostProcessor.Plain(first, other);
    }

    /// <summary>Several texts, padded to one length.</summary>
    public TokenSequence[] EncodeBatch(IReadOnlyList<(string First, string? Second)> texts, bool addsSpecial = true, TruncationRule? truncation = null)
    {
        var encodings = texts.Select(pair => Encode(pair.First, pair.Second, addsSpecial, truncation)).ToArray();
        if (encodings.Length == 0) return encodings;
        var padding = Padding ?? new PaddingRule { Id = FindPadding() ?? 0, Token = "[PAD]" };
        var length = padding.LengthFor(encodings.Max(encoding => encoding.Length));
        return [.. encodings.Select(encoding => encoding.Pad(length, padding.Id, padding.Token, padding.TypeId, padding.OnLeft))];
    }

    int? FindPadding() => FindId("[PAD]") ?? FindId("<pad>") ?? FindId("<|endoftext|>") ?? FindId("</s>");

    /// <summary>Only the numbers, without special tokens: the fast way.</summary>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> into)
    {
        var work = Take();
        try
        {
            Walk(text, hasPlaces: false, work, new(into, null));
        }
        finally
        {
            s_workspace = work;
        }
    }

    public List<int> EncodeIds(string text)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        EncodeIds(text, ids);
        return ids;
    }

    TokenSequence EncodeOne(string text)
    {
        var work = Take();
        try
        {
            var (ids, tokens) = (new List<int>(), new List<(string, (int, int))>());
            Walk(text, hasPlaces: true, work, new(ids, tokens));
            return new([.. ids], [.. tokens.Select(token => token.Item1)], [.. tokens.Select(token => token.Item2)], new int[ids.Count], [.. Enumerable.Repeat(1, ids.Count)], new int[ids.Count]);
        }
        finally
        {
            s_workspace = work;
        }
    }

    void Walk(ReadOnlySpan<char> text, bool hasPlaces, Workspace work, Sink sink)
    {
        if (text.Length > MaxTextLength) throw new InferenceException(InferenceFault.Limit, $"A text of {text.Length} characters is longer than {MaxTextLength}.");
        work.Parts.Clear();
        _raw.Split(text, work.Parts);
        foreach (var (start, end, token) in work.Parts)
        {
            if (token is not null)
            {
                sink.Add(token.Id, token.Content, (start, end));
                continue;
            }
            work.First.Load(text[start..end], start, hasPlaces);
            var buffer = work.First;
            work.Second.Clear(hasPlaces);
            if (_normalizer?.Apply(work.First, work.Second) == true) buffer = work.Second;
            work.Inner.Clear();
            _normalized.Split(buffer.Text, work.Inner);
            foreach (var (from, to, inner) in work.Inner)
            {
                if (inner is not null) sink.Add(inner.Id, inner.Content, hasPlaces ? buffer.PlaceOf(from, to) : default);
                else Tokenize(buffer, from, to, start == 0 && from == 0, work, sink);
            }
        }
    }

    void Tokenize(TextBuffer buffer, int start, int end, bool isBeginning, Workspace work, Sink sink)
    {
        var pieces = work.Pieces;
        pieces.Text.Clear(buffer.HasPlaces);
        pieces.Load(buffer, start, end, isBeginning);
        _preTokenizer?.Apply(pieces);
        foreach (var (from, to) in pieces.Items)
        {
            work.Tokens.Clear();
            _model.Tokenize(pieces.Text.Text[from..to], work.Tokens);
            foreach (var token in work.Tokens)
            {
                if (sink.Tokens is null) sink.Ids.Add(token.Id);
                else sink.Add(token.Id, token.Text ?? _model.Vocabulary.FindToken(token.Id) ?? "", pieces.Text.PlaceOf(from + token.Start, from + token.End));
            }
        }
    }

    string Normalize(string text)
    {
        if (_normalizer is null) return text;
        var (from, to) = (new TextBuffer(), new TextBuffer());
        from.Load(text, 0, false);
        return (_normalizer.Apply(from, to) ? to : from).Text.ToString();
    }

    /// <summary>The text of tokens. Numbers that the vocabulary does not have are left out.</summary>
    public string Decode(IEnumerable<int> ids, bool skipsSpecial = true)
    {
        var tokens = new List<string>();
        foreach (var id in ids)
            if (FindToken(id) is { } token && !(skipsSpecial && IsSpecial(id))) tokens.Add(token);
        return _decoder is null ? string.Join(' ', tokens) : string.Concat(_decoder.Apply(tokens));
    }

    /// <summary>A buffer of this thread's own; a call from within a call gets another.</summary>
    static Workspace Take()
    {
        var work = s_workspace ?? new();
        s_workspace = null;
        return work;
    }

    readonly record struct Sink(List<int> Ids, List<(string Token, (int, int) Place)>? Tokens)
    {
        public void Add(int id, string token, (int Start, int End) place)
        {
            Ids.Add(id);
            Tokens?.Add((token, place));
        }
    }

    sealed class Workspace
    {
        public TextBuffer First { get; } = new();
        public TextBuffer Second { get; } = new();
        public Pieces Pieces { get; } = new();
        public List<(int Start, int End, AddedToken? Token)> Parts { get; } = [];
        public List<(int Start, int End, AddedToken? Token)> Inner { get; } = [];
        public List<PieceToken> Tokens { get; } = [];
    }
}

/// <summary>What a tokenizer is made of.</summary>
sealed record TokenizerParts(TokenModel Model)
{
    public Normalizer? Normalizer { get; init; }
    public PreTokenizer? PreTokenizer { get; init; }
    public PostProcessor? PostProcessor { get; init; }
    public Decoder? Decoder { get; init; }
    public IReadOnlyList<AddedToken> Added { get; init; } = [];
    public TruncationRule? Truncation { get; init; }
    public PaddingRule? Padding { get; init; }
}
