using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Weights.Numbers;

/// <summary>
/// Casts between floating-point types as IEEE 754 demands: one rounding, to nearest, ties to even. Narrow types go through 32 bits, which hold all
/// of them exactly.
/// </summary>
static class NumberCast
{
    public static bool IsCastable(DType type) =>
        type == DType.F32 || type == DType.F16 || type == DType.BF16 || type == DType.F64 || type == DType.F8E4M3 || type == DType.F8E5M2;

    /// <summary>Reads numbers of any castable type as 32-bit ones; exact, except for F64, which must not come here to be narrowed further.</summary>
    public static void Decode(DType type, ReadOnlySpan<byte> from, Span<float> to)
    {
        if (type == DType.F32) from.CopyTo(MemoryMarshal.AsBytes(to));
        else if (type == DType.BF16) HalfCast.FromBF16(MemoryMarshal.Cast<byte, ushort>(from), to);
        else if (type == DType.F16) HalfCast.FromF16(MemoryMarshal.Cast<byte, ushort>(from), to);
        else if (type == DType.F8E4M3) EightBitCast.FromE4M3(from, to);
        else if (type == DType.F8E5M2) EightBitCast.FromE5M2(from, to);
        else if (type == DType.F64)
        {
            var wide = MemoryMarshal.Cast<byte, double>(from);
            var i = 0;
            for (; i + 8 <= wide.Length; i += 8) Vector256.Narrow(Vector256.Create(wide[i..]), Vector256.Create(wide[(i + 4)..])).CopyTo(to[i..]);
            for (; i < wide.Length; i++) to[i] = (float)wide[i];
        }
        else throw new ArgumentException($"{type} is no floating-point type that is cast.", nameof(type));
    }

    /// <summary>
    /// Reads 64-bit numbers as 32-bit ones whose last bit is set whenever anything was cut off ("round to odd"). A second rounding, to a type with
    /// at least two bits less, then gives what a single one would (Boldo and Melquiond 2008, doi:10.1109/TC.2007.70819).
    /// </summary>
    public static void DecodeToOdd(ReadOnlySpan<double> from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            var number = from[i];
            var near = (float)number;
            if (near != number && !double.IsNaN(number))
            {
                // Towards zero first; then the sticky bit.
                if (float.IsInfinity(near)) near = MathF.CopySign(float.MaxValue, near);
                else if (Math.Abs((double)near) > Math.Abs(number)) near = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(near) - 1);
                if (!double.IsInfinity(number)) near = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(near) | 1);
            }
            to[i] = near;
        }
    }

    public static void Encode(DType type, ReadOnlySpan<float> from, Span<byte> to)
    {
        if (type == DType.F32) MemoryMarshal.AsBytes(from).CopyTo(to);
        else if (type == DType.BF16) HalfCast.ToBF16(from, MemoryMarshal.Cast<byte, ushort>(to));
        else if (type == DType.F16) HalfCast.ToF16(from, MemoryMarshal.Cast<byte, ushort>(to));
        else if (type == DType.F8E4M3) EightBitCast.ToE4M3(from, to);
        else if (type == DType.F8E5M2) EightBitCast.ToE5M2(from, to);
        else if (type == DType.F64)
        {
            var wide = MemoryMarshal.Cast<byte, double>(to);
            var i = 0;
            for (; i + 8 <= from.Length; i += 8)
            {
                var (low, high) = Vector256.Widen(Vector256.Create(from[i..]));
                low.CopyTo(wide[i..]);
                high.CopyTo(wide[(i + 4)..]);
            }
            for (; i < from.Length; i++) wide[i] = from[i];
        }
        else throw new ArgumentException($"{type} is no floating-point type that is cast.", nameof(type));
    }
}
