using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Weights.Numbers;

/// <summary>
/// Between 32-bit and 16-bit floating-point numbers, rounding to nearest with ties to even. A number that is none stays one: quiet, with its sign
/// and the payload that fits. Eight numbers at a time; the rest one by one, by the same arithmetic on one lane.
/// </summary>
static class HalfCast
{
    const int Lanes = 8;

    public static void ToBF16(ReadOnlySpan<float> from, Span<ushort> to)
    {
        var bits = MemoryMarshal.Cast<float, uint>(from);
        var i = 0;
        for (; i <= bits.Length - 2 * Lanes; i += 2 * Lanes)
            Vector256.Narrow(RoundToBF16(Vector256.Create(bits[i..])), RoundToBF16(Vector256.Create(bits[(i + Lanes)..]))).CopyTo(to[i..]);
        for (; i < bits.Length; i++) to[i] = (ushort)RoundToBF16(Vector256.CreateScalar(bits[i]))[0];
    }

    public static void FromBF16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        var bits = MemoryMarshal.Cast<float, uint>(to);
        var i = 0;
        for (; i <= from.Length - 2 * Lanes; i += 2 * Lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(from[i..]));
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Lanes)..]);
        }
        for (; i < from.Length; i++) bits[i] = (uint)from[i] << 16;
    }

    public static void ToF16(ReadOnlySpan<float> from, Span<ushort> to)
    {
        var i = 0;
        for (; i <= from.Length - 2 * Lanes; i += 2 * Lanes)
            Vector256.Narrow(RoundToF16(Vector256.Create(from[i..])), RoundToF16(Vector256.Create(from[(i + Lanes)..]))).CopyTo(to[i..]);
        for (; i < from.Length; i++) to[i] = (ushort)RoundToF16(Vector256.CreateScalar(from[i]))[0];
    }

    public static void FromF16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        var i = 0;
        for (; i <= from.Length - 2 * Lanes; i += 2 * Lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(from[i..]));
            WidenF16(low).CopyTo(to[i..]);
            WidenF16(high).CopyTo(to[(i + Lanes)..]);
        }
        for (; i < from.Length; i++) to[i] = WidenF16(Vector256.CreateScalar((uint)from[i]))[0];
    }

    public static ushort ToF16(float number) => (ushort)RoundToF16(Vector256.CreateScalar(number))[0];

    public static float FromF16(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    /// <summary>Adding half of the last kept place, and one less when that place is even, makes the carry do the rounding; infinity absorbs it.</summary>
    static Vector256<uint> RoundToBF16(Vector256<uint> bits)
    {
        var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        var isNaN = Vector256.GreaterThan((bits & Vector256.Create(0x7fff_ffffu)).AsInt32(), Vector256.Create(0x7f80_0000)).AsUInt32();
        return Vector256.ConditionalSelect(isNaN, (bits >> 16) | Vector256.Create(0x40u), rounded);
    }

    /// <remarks>
    /// Normal results: rebias the exponent and let a carry round, as for BF16. Results below 2^-14: adding one half in 32 bits lets the adder
    /// itself round at the place where the last bit of a subnormal half lies, since 0.5 has its last bit at 2^-24.
    /// </remarks>
    public static Vector256<uint> RoundToF16(Vector256<float> number)
    {
        var bits = number.AsUInt32();
        var sign = (bits & Vector256.Create(0x8000_0000u)) >> 16;
        var size = bits & Vector256.Create(0x7fff_ffffu);
        var normal = (size + Vector256.Create(unchecked((uint)((15 - 127) << 23) + 0xfffu)) + ((size >> 13) & Vector256<uint>.One)) >> 13;
        var half = Vector256.Create(0.5f);
        var small = (size.AsSingle() + half).AsUInt32() - half.AsUInt32();
        var signed = size.AsInt32();
        var result = Vector256.ConditionalSelect(Vector256.LessThan(signed, Vector256.Create(113 << 23)).AsUInt32(), small, normal);
        // From 65520 on, half a place above the largest half, the result is infinity.
        result = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(signed, Vector256.Create(0x477f_f000)).AsUInt32(), Vector256.Create(0x7c00u), result);
        var quiet = Vector256.Create(0x7e00u) | ((size >> 13) & Vector256.Create(0x3ffu));
        result = Vector256.ConditionalSelect(Vector256.GreaterThan(signed, Vector256.Create(0x7f80_0000)).AsUInt32(), quiet, result);
        return result | sign;
    }

    /// <summary>Moves exponent and fraction into place and multiplies by 2^112 to rebias, which also makes subnormals right.</summary>
    static Vector256<float> WidenF16(Vector256<uint> bits)
    {
        var sign = (bits & Vector256.Create(0x8000u)) << 16;
        var size = bits & Vector256.Create(0x7fffu);
        var scaled = ((size << 13).AsSingle() * Vector256.Create((254u - 15u) << 23).AsSingle()).AsUInt32();
        var special = (size << 13) | Vector256.Create(0x7f80_0000u);
        special |= Vector256.GreaterThan(size.AsInt32(), Vector256.Create(0x7c00)).AsUInt32() & Vector256.Create(0x0040_0000u);
        var isSpecial = Vector256.GreaterThanOrEqual(size.AsInt32(), Vector256.Create(0x7c00)).AsUInt32();
        return (Vector256.ConditionalSelect(isSpecial, special, scaled) | sign).AsSingle();
    }
}
