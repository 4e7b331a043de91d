namespace ModelZoo.Profiling;

/// <summary>
/// What estimates compute with: plain numbers per layer group and per unit. Token models (decoders, and the decoder of an encoder-decoder)
/// have <see cref="Layers"/>; everything else has a fixed cost per unit. Layers are walked by index: an enumerator would be allocated at each step of a search.
/// </summary>
public sealed record WorkModel
{
    public required WorkUnit Unit { get; init; }

    /// <summary>Layers of a decoder, grouped. Empty for models without tokens one after the other.</summary>
    public IReadOnlyList<LayerGroup> Layers { get; init; } = [];

    /// <summary>Weights of the output head: only the last position of a prompt needs it.</summary>
    public double HeadWeights { get; init; }

    /// <summary>Matrix weights outside layers and head that every token uses, such as projections of the embedding.</summary>
    public double OuterWeights { get; init; }

    /// <summary>FLOP of one unit where there are no decoder layers: an image, a call; of one token for encoders (see <see cref="EncoderScoreFlop"/>).</summary>
    public double FlopPerUnit { get; init; }

    /// <summary>Matrix weights of an encoder, each used once per input token.</summary>
    public double EncoderWeights { get; init; }

    /// <summary>FLOP per pair of input tokens over all encoder layers: 4·L·h.</summary>
    public double EncoderScoreFlop { get; init; }

    /// <summary>Input tokens the encoder always sees (Whisper: 1500 frames); 0 when the input decides.</summary>
    public double FixedInputTokens { get; init; }

    /// <summary>FLOP per unit of input that precede the encoder, such as Whisper's convolutions.</summary>
    public double EncoderFixedFlop { get; init; }

    /// <summary>Weights that compute each token's cross-attention keys and values once per input token.</summary>
    public double CrossWeights { get; init; }

    /// <summary>Numbers that layers write per unit (images) or per token and layer set (encoders).</summary>
    public double ActivationElements { get; init; }

    /// <summary>Most numbers alive at once for one unit.</summary>
    public double PeakActivationElements { get; init; }

    /// <summary>Elements per token in flight of the widest layer: max(4h + (n_h + 2·n_kv)·d, 2·I + h).</summary>
    public double TransientElements { get; init; }

    public double Vocabulary { get; init; }

    /// <summary>Scan and convolution of state-space layers, FLOP per token; a separate line, not in the default figure.</summary>
    public double ScanFlop { get; init; }

    /// <summary>Calls of one result: denoising steps × calls per step.</summary>
    public double CallsPerResult { get; init; } = 1;

    /// <summary>Calls of one denoising step: two with guidance, one where it is distilled.</summary>
    public double CallsPerStep { get; init; } = 1;

    /// <summary>Weights that one unit reads; 0: all. Pipelines hold other parts besides, recommendation models far larger tables.</summary>
    public double CallWeights { get; init; }

    /// <summary>FLOP of what runs once per result: text encoders, the decoder of latents.</summary>
    public double OnceFlop { get; init; }

    /// <summary>Weights that are read once per result.</summary>
    public double OnceWeights { get; init; }

    /// <summary>Numbers of tables that one unit looks up.</summary>
    public double LookUpElements { get; init; }

    /// <summary>The part of <see cref="FlopPerUnit"/> that grows with the square of a picture's area: attention between its tokens.</summary>
    public double PairFlop { get; init; }

    /// <summary>Side of the image that fixed costs hold for; 0 when they do not depend on it.</summary>
    public double ImageSize { get; init; }

    public bool HasDecoder => Layers.Count > 0;

    public bool IsEncoder => Layers.Count == 0 && EncoderWeights > 0;

    public int LayerCount
    {
        get
        {
            var count = 0;
            for (var i = 0; i < Layers.Count; i++) count += Layers[i].Count;
            return count;
        }
    }

    /// <summary>Matrix weights that one token uses, the head included: N_mm.</summary>
    public double TokenWeights
    {
        get
        {
            var sum = HeadWeights + OuterWeights;
            for (var i = 0; i < Layers.Count; i++) sum += Layers[i].Count * (Layers[i].MatrixWeights + Layers[i].ExpertWeights * Layers[i].ExpertsPerToken);
            return sum;
        }
    }

    /// <summary>FLOP of one token that attends to <paramref name="context"/> tokens, itself included.</summary>
    public double TokenFlop(double context, double inputTokens = 0)
    {
        var flop = 2 * TokenWeights;
        for (var i = 0; i < Layers.Count; i++)
        {
            var layer = Layers[i];
            flop += layer.Count * layer.ScoreFlop * layer.Reach(context);
            if (layer.CrossCacheElements > 0) flop += layer.Count * layer.ScoreFlop * inputTokens;
        }
        return flop;
    }

    /// <summary>FLOP of a prompt of <paramref name="tokens"/> behind <paramref name="cached"/> that are in the cache already. Only the last position needs the head.</summary>
    public double PromptFlop(double tokens, double cached = 0)
    {
        var flop = 2 * (TokenWeights - HeadWeights) * tokens + 2 * HeadWeights;
        for (var i = 0; i < Layers.Count; i++) flop += Layers[i].Count * Layers[i].ScoreFlop * Layers[i].Pairs(tokens, cached);
        return flop;
    }

    /// <summary>FLOP of an encoder over <paramref name="tokens"/> tokens: every pair, no causal half.</summary>
    public double EncoderFlop(double tokens)
    {
        if (FixedInputTokens > 0) tokens = FixedInputTokens;
        return EncoderFixedFlop + 2 * EncoderWeights * tokens + EncoderScoreFlop * tokens * tokens + 2 * CrossWeights * tokens;
    }

    /// <summary>Cached numbers of one sequence of <paramref name="tokens"/> tokens.</summary>
    public double CacheElements(double tokens, double inputTokens = 0)
    {
        double sum = 0;
        if (FixedInputTokens > 0) inputTokens = FixedInputTokens;
        for (var i = 0; i < Layers.Count; i++)
            sum += Layers[i].Count * (Layers[i].CacheElements * Layers[i].Reach(tokens) + Layers[i].CrossCacheElements * inputTokens);
        return sum;
    }

    /// <summary>Numbers kept per sequence at any length.</summary>
    public double StateElements
    {
        get
        {
            double sum = 0;
            for (var i = 0; i < Layers.Count; i++) sum += Layers[i].Count * Layers[i].StateElements;
            return sum;
        }
    }

    /// <summary>
    /// Matrix weights that one step over <paramref name="tokens"/> tokens reads. Tokens choose different experts: with uniform routing
    /// E·(1 − (1 − k/E)^T) distinct ones are read per layer.
    /// </summary>
    public double WeightsRead(double tokens)
    {
        var sum = HeadWeights + OuterWeights;
        for (var i = 0; i < Layers.Count; i++)
        {
            var layer = Layers[i];
            sum += layer.Count * layer.MatrixWeights;
            if (layer.Experts > 0) sum += layer.Count * layer.ExpertWeights * DistinctExperts(layer.Experts, layer.ExpertsPerToken, tokens);
        }
        return sum;
    }

    public static double DistinctExperts(int experts, int perToken, double tokens) =>
        tokens == 1 ? perToken : experts * (1 - Math.Pow(1 - (double)perToken / experts, tokens));
}
