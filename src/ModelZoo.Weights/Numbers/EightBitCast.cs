namespace ModelZoo.Weights.Numbers;

/// <summary>
/// Between 32-bit and 8-bit floating-point numbers, rounding to nearest with ties to even. E5M2 has infinities; E4M3 (the variant with finite
/// numbers only) has none, so what is too large becomes "not a number", as in PyTorch.
/// </summary>
/// <remarks>Formats: Micikevicius et al. 2022, arXiv:2209.05433. Overflow: c10/util/Float8_e4m3fn.h of PyTorch, 2025.</remarks>
static class EightBitCast
{
    static readonly float[] s_e4m3 = Table(3, 7, hasInfinity: false);
    static readonly float[] s_e5m2 = Table(2, 15, hasInfinity: true);

    public static void FromE4M3(ReadOnlySpan<byte> from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++) to[i] = s_e4m3[from[i]];
    }

    public static void FromE5M2(ReadOnlySpan<byte> from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++) to[i] = s_e5m2[from[i]];
    }

    public static void ToE4M3(ReadOnlySpan<float> from, Span<byte> to)
    {
        for (var i = 0; i < from.Length; i++) to[i] = Round(from[i], fractionBits: 3, bias: 7, overflow: 0x7f, largest: 0x7e);
    }

    public static void ToE5M2(ReadOnlySpan<float> from, Span<byte> to)
    {
        for (var i = 0; i < from.Length; i++) to[i] = Round(from[i], fractionBits: 2, bias: 15, overflow: 0x7c, largest: 0x7b);
    }

    /// <param name="overflow">What stands for a number beyond the largest.</param>
    static byte Round(float number, int fractionBits, int bias, int overflow, int largest)
    {
        var bits = BitConverter.SingleToUInt32Bits(number);
        var sign = (byte)(bits >> 24 & 0x80);
        var size = bits & 0x7fff_ffff;
        if (size > 0x7f80_0000) return (byte)(sign | 0x7f);
        var dropped = 23 - fractionBits;
        uint result;
        if (size < (uint)(128 - bias) << 23)
        {
            // Below the smallest normal number: this power of two has its last bit where a subnormal result has it, so the adder rounds.
            var anchor = BitConverter.UInt32BitsToSingle((uint)(127 - bias + 1 + dropped) << 23);
            result = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(size) + anchor) - BitConverter.SingleToUInt32Bits(anchor);
        }
        else
        {
            var wide = (ulong)size - ((ulong)(127 - bias) << 23) + (1UL << (dropped - 1)) - 1 + (size >> dropped & 1);
            result = (uint)(wide >> dropped);
        }
        return (byte)(sign | (result > (uint)largest ? (uint)overflow : result));
    }

    static float[] Table(int fractionBits, int bias, bool hasInfinity)
    {
        var table = new float[256];
        for (var code = 0; code < 256; code++)
        {
            var exponent = (code & 0x7f) >> fractionBits;
            var fraction = code & ((1 << fractionBits) - 1);
            var value = exponent == 0
                ? MathF.ScaleB(fraction, 1 - bias - fractionBits)
                : MathF.ScaleB((1 << fractionBits) + fraction, exponent - bias - fractionBits);
            if (hasInfinity && (code & 0x7f) >= 0x7c) value = fraction == 0 ? float.PositiveInfinity : float.NaN;
            if (!hasInfinity && (code & 0x7f) == 0x7f) value = float.NaN;
            table[code] = code >= 0x80 ? -value : value;
        }
        return table;
    }
}
