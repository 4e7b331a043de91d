namespace ModelZoo.Profiling;

/// <summary>What a layer keeps of the tokens before.</summary>
public enum AttentionKind
{
    /// <summary>Nothing that grows: state-space and convolution layers, or no mixing at all.</summary>
    None,
    Full,

    /// <summary>Only the last so many tokens.</summary>
    Window,

    /// <summary>Only the tokens of the current chunk.</summary>
    Chunk,

    /// <summary>Full, with a compressed cache (multi-head latent attention).</summary>
    Latent,
}

/// <summary>So many layers that cost the same. Estimates walk these, not single layers.</summary>
/// <param name="Window">Tokens that a windowed or chunked layer can look back; 0 for no limit.</param>
/// <param name="CacheElements">Numbers cached per token; 0 where another layer's cache is shared.</param>
/// <param name="ScoreFlop">FLOP per token and token attended to: 2·heads·(width of keys + width of values).</param>
/// <param name="StateElements">Numbers kept per sequence whatever its length.</param>
/// <param name="MatrixWeights">Matrix weights outside routed experts.</param>
/// <param name="ExpertWeights">Matrix weights of one routed expert; 0 without experts.</param>
/// <param name="CrossCacheElements">Numbers cached per token of the encoder's output.</param>
public readonly record struct LayerGroup(
    int Count, AttentionKind Attention, long Window, double CacheElements, double ScoreFlop, double StateElements,
    double MatrixWeights, double ExpertWeights, int Experts, int ExpertsPerToken, double CrossCacheElements)
{
    /// <summary>Tokens attended to at context <paramref name="context"/>.</summary>
    public double Reach(double context) => Window > 0 && context > Window ? Window : context;

    /// <summary>Token pairs of a prompt of <paramref name="tokens"/> behind <paramref name="cached"/> others, each token seeing itself.</summary>
    public double Pairs(double tokens, double cached) => PairsFromStart(cached + tokens) - PairsFromStart(cached);

    double PairsFromStart(double tokens) => Window > 0 && tokens > Window
        ? Window * (Window + 1.0) / 2 + (tokens - Window) * Window
        : tokens * (tokens + 1) / 2;
}
