namespace ModelZoo.Weights.Llama;

/// <summary>What a token is to ggml: enum llama_token_type in llama.cpp's include/llama.h, the same numbers as SentencePiece's.</summary>
enum TokenKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A tokenizer's words by their number.</summary>
/// <param name="model">GGUF's <c>tokenizer.ggml.model</c>: "llama" (pieces with scores) or "gpt2" (byte-level, with merges).</param>
sealed class Vocabulary(string model, string preTokenizer)
{
    /// <summary>The score of what is matched before any merging; llama.cpp's converter writes the same.</summary>
    const float AddedScore = -1000f;
    const float UnusedScore = -10_000f;

    readonly List<(string? Text, float Score, TokenKind Kind)> _tokens = [];
    readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Merges { get; init; } = [];

    public int? FindId(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public void Set(long id, string text, float score, TokenKind kind)
    {
        if (id is < 0 or >= WeightLimits.MaxList) throw new ConversionException($"The token '{text}' has the number {id}; at most {WeightLimits.MaxList} tokens are read.");
        while (_tokens.Count <= id) _tokens.Add((null, UnusedScore, TokenKind.Unused));
        if (_tokens[(int)id].Text is { } before) _ids.Remove(before);
        _tokens[(int)id] = (text, score, kind);
        _ids[text] = (int)id;
    }

    /// <summary>A token that text is searched for before it is split. It may stand in the vocabulary already.</summary>
    public void Add(long id, string text, bool isSpecial)
    {
        // Some models do not mark as special what plainly is.
        var isControl = isSpecial || text is "<pad>" or "<mask>" || (text.StartsWith("<|", StringComparison.Ordinal) && text.EndsWith("|>", StringComparison.Ordinal));
        if (id >= 0 && id < _tokens.Count && _tokens[(int)id] is { Kind: TokenKind.Unknown or TokenKind.Byte } known && known.Text == text) return;
        // ggml compares what users defined with plain text, in which spaces are spaces.
        Set(id, isControl ? text : text.Replace('▁', ' '), AddedScore, isControl ? TokenKind.Control : TokenKind.UserDefined);
    }

    public void Describe(GgufMetadata metadata, uint count)
    {
        if (_tokens.Count > count) throw new ConversionException($"The tokenizer has {_tokens.Count} tokens; config.json says {count}.");
        if (count > WeightLimits.MaxList) throw new ConversionException($"config.json says {count} tokens; at most {WeightLimits.MaxList} are written.");
        var all = _tokens.Select((token, id) => (Text: token.Text ?? $"[PAD{id}]", token.Score, token.Kind)).ToList();
        for (var id = all.Count; id < count; id++) all.Add(($"[PAD{id}]", UnusedScore, TokenKind.Unused));
        metadata.Add("tokenizer.ggml.model", model).Add("tokenizer.ggml.pre", preTokenizer).Add("tokenizer.ggml.tokens", all.ConvertAll(token => token.Text));
        if (model == "llama") metadata.Add("tokenizer.ggml.scores", all.ConvertAll(token => token.Score));
        metadata.Add("tokenizer.ggml.token_type", all.ConvertAll(token => (int)token.Kind));
        if (Merges.Count > 0) metadata.Add("tokenizer.ggml.merges", Merges);
    }
}
