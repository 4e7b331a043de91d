using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Xet;

/// <summary>
/// Bytes regrouped by their position modulo 4: the exponents of 32-bit numbers come to lie side by side, where LZ4 finds them. When the
/// length is not divisible by 4, the first groups are one longer.
/// </summary>
static unsafe class ByteGroups
{
    public static void Split(ReadOnlySpan<byte> content, Span<byte> groups)
    {
        if (groups.Length != content.Length) throw new ArgumentException("Groups are as long as the content.", nameof(groups));
        var whole = content.Length / 4;
        fixed (byte* from = content)
        fixed (byte* to = groups)
        {
            Starts(content.Length, to, out var g0, out var g1, out var g2, out var g3);
            var i = 0;
            if (Vector256.IsHardwareAccelerated && BitConverter.IsLittleEndian)
            {
                for (; i + 32 <= whole; i += 32)
                {
                    var at = (uint*)(from + 4 * i);
                    Vector256<uint> a = Vector256.Load(at), b = Vector256.Load(at + 8), c = Vector256.Load(at + 16), d = Vector256.Load(at + 24);
                    Group(a, b, c, d, 0).Store(g0 + i);
                    Group(a, b, c, d, 8).Store(g1 + i);
                    Group(a, b, c, d, 16).Store(g2 + i);
                    Group(a, b, c, d, 24).Store(g3 + i);
                }
            }
            for (; i < whole; i++)
            {
                var at = from + 4 * i;
                g0[i] = at[0];
                g1[i] = at[1];
                g2[i] = at[2];
                g3[i] = at[3];
            }
            var rest = content.Length % 4;
            if (rest > 0) g0[whole] = from[4 * whole];
            if (rest > 1) g1[whole] = from[4 * whole + 1];
            if (rest > 2) g2[whole] = from[4 * whole + 2];
        }
    }

    public static void Join(ReadOnlySpan<byte> groups, Span<byte> content)
    {
        if (groups.Length != content.Length) throw new ArgumentException("Groups are as long as the content.", nameof(content));
        var whole = content.Length / 4;
        fixed (byte* from = groups)
        fixed (byte* to = content)
        {
            Starts(content.Length, from, out var g0, out var g1, out var g2, out var g3);
            var i = 0;
            if (Vector256.IsHardwareAccelerated && BitConverter.IsLittleEndian)
            {
                for (; i + 32 <= whole; i += 32)
                {
                    Vector256<byte> a = Vector256.Load(g0 + i), b = Vector256.Load(g1 + i), c = Vector256.Load(g2 + i), d = Vector256.Load(g3 + i);
                    Weave(Vector256.WidenLower(a), Vector256.WidenLower(b), Vector256.WidenLower(c), Vector256.WidenLower(d), (uint*)(to + 4 * i));
                    Weave(Vector256.WidenUpper(a), Vector256.WidenUpper(b), Vector256.WidenUpper(c), Vector256.WidenUpper(d), (uint*)(to + 4 * i + 64));
                }
            }
            for (; i < whole; i++)
            {
                var at = to + 4 * i;
                at[0] = g0[i];
                at[1] = g1[i];
                at[2] = g2[i];
                at[3] = g3[i];
            }
            var rest = content.Length % 4;
            if (rest > 0) to[4 * whole] = g0[whole];
            if (rest > 1) to[4 * whole + 1] = g1[whole];
            if (rest > 2) to[4 * whole + 2] = g2[whole];
        }
    }

    static void Starts(int length, byte* start, out byte* g0, out byte* g1, out byte* g2, out byte* g3)
    {
        int whole = length / 4, rest = length % 4;
        g0 = start;
        g1 = g0 + whole + (rest > 0 ? 1 : 0);
        g2 = g1 + whole + (rest > 1 ? 1 : 0);
        g3 = g2 + whole + (rest > 2 ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<byte> Group(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, int shift)
    {
        var one = Vector256.Create(0xFFu);
        return Vector256.Narrow(
            Vector256.Narrow((a >>> shift) & one, (b >>> shift) & one),
            Vector256.Narrow((c >>> shift) & one, (d >>> shift) & one));
    }

    /// <summary>16 numbers from 16 bytes of each group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Weave(Vector256<ushort> a, Vector256<ushort> b, Vector256<ushort> c, Vector256<ushort> d, uint* to)
    {
        Vector256<ushort> low = a | (b << 8), high = c | (d << 8);
        (Vector256.WidenLower(low) | (Vector256.WidenLower(high) << 16)).Store(to);
        (Vector256.WidenUpper(low) | (Vector256.WidenUpper(high) << 16)).Store(to + 8);
    }
}
