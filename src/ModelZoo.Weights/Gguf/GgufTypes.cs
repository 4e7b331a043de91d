namespace ModelZoo.Weights.Gguf;

/// <summary>The tensor types of ggml by their number (enum ggml_type in ggml/include/ggml.h, read in 2026); gaps are types that were withdrawn.</summary>
static class GgufTypes
{
    /// <summary>GGML_MAX_DIMS.</summary>
    public const int MaxRank = 4;

    static readonly DType?[] ByNumber =
    [
        DType.F32, DType.F16, DType.Q40, DType.Q41, null, null, DType.Q50, DType.Q51, DType.Q80, DType.Q81,
        DType.Q2K, DType.Q3K, DType.Q4K, DType.Q5K, DType.Q6K, DType.Q8K, DType.IQ2Xxs, DType.IQ2XS, DType.IQ3Xxs, DType.IQ1S,
        DType.IQ4NL, DType.IQ3S, DType.IQ2S, DType.IQ4XS, DType.I8, DType.I16, DType.I32, DType.I64, DType.F64, DType.IQ1M,
        DType.BF16, null, null, null, DType.TQ10, DType.TQ20, null, null, null, DType.MXFP4,
        DType.NVFP4, DType.Q10,
    ];

    public static DType? Find(uint number) => number < ByNumber.Length ? ByNumber[number] : null;

    public static uint GetNumber(DType type) =>
        Array.IndexOf(ByNumber, type) is var number and >= 0 ? (uint)number : throw new ArgumentException($"GGUF has no type {type}.", nameof(type));
}
