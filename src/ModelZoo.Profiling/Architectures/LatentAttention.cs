namespace ModelZoo.Profiling.Architectures;

/// <summary>Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434 § 2.1): keys and values are rebuilt from one short vector per token.</summary>
sealed record LatentAttention(long? QueryRank, long KeyValueRank, long Plain, long Rotated, long Values)
{
    public static LatentAttention? Find(ModelConfig config)
    {
        if (config.FindWhole("kv_lora_rank") is not (> 0 and var rank)) return null;
        return new(config.FindWhole("q_lora_rank") is > 0 and var query ? query : null, rank, config.GetWhole("qk_nope_head_dim"),
            config.GetWhole("qk_rope_head_dim"), config.GetWhole("v_head_dim"));
    }

    /// <summary>Numbers per head of a query and key.</summary>
    public long Keys => Plain + Rotated;

    /// <summary>Numbers cached per token; the cache is shared by all heads.</summary>
    public double CacheElements => KeyValueRank + Rotated;

    public long NormWeights => (QueryRank ?? 0) + KeyValueRank;

    /// <summary>The plain form, which expands keys and values. The absorbed form of decode kernels costs 2·n·(2·rank + rotated).</summary>
    public double ScoreFlop(long heads) => 2.0 * heads * (Keys + Values);

    public long MatrixWeights(long h, long n) => checked(
        (QueryRank is { } rank ? h * rank + rank * n * Keys : h * n * Keys)
        + h * (KeyValueRank + Rotated) + KeyValueRank * n * (Plain + Values) + n * Values * h);

    public void AddTo(WeightLedger weights, long h, long n, long layers)
    {
        if (QueryRank is { } rank)
        {
            weights.Matrix(Component.Attention, h, rank, layers);
            weights.Matrix(Component.Attention, rank, checked(n * Keys), layers);
        }
        else weights.Matrix(Component.Attention, h, checked(n * Keys), layers);
        weights.Matrix(Component.Attention, h, KeyValueRank + Rotated, layers);
        weights.Matrix(Component.Attention, KeyValueRank, checked(n * (Plain + Values)), layers);
        weights.Matrix(Component.Attention, checked(n * Values), h, layers);
        weights.Vector(Component.Norm, NormWeights, layers);
    }
}
