using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Xet;

/// <summary>One LZ4 block (LZ4 Block Format, lz4 1.10): sequences of literals and of copies from at most 65,535 bytes back.</summary>
static unsafe class Lz4Block
{
    const int MinMatch = 4;

    /// <summary>The last five bytes of a block are literals, and no match starts in its last twelve: decoders rely on it.</summary>
    const int LastLiterals = 5, MatchLimit = 12;
    const int MaxDistance = 65535;

    const int HashBits = 12;

    /// <summary>After 2⁶ positions without a match the search takes longer steps, so that noise passes quickly.</summary>
    const int SkipTrigger = 6;

    /// <summary>Greedy, with one candidate for each hash of four bytes. Returns 0 when the block would not fit <paramref name="block"/>.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Encode(ReadOnlySpan<byte> content, Span<byte> block)
    {
        var table = stackalloc int[1 << HashBits];
        new Span<int>(table, 1 << HashBits).Clear();
        fixed (byte* source = content)
        fixed (byte* target = block)
        {
            byte* at = source, anchor = source, end = source + content.Length, to = target, room = target + block.Length;
            if (content.Length > MatchLimit)
            {
                byte* lastStart = end - MatchLimit, lastEnd = end - LastLiterals;
                at++;
                while (true)
                {
                    byte* match;
                    var attempts = 1 << SkipTrigger;
                    while (true)
                    {
                        if (at > lastStart) goto tail;
                        var word = Unsafe.ReadUnaligned<uint>(at);
                        ref var slot = ref table[(word * 2654435761u) >> (32 - HashBits)];
                        match = source + slot;
                        slot = (int)(at - source);
                        if (at - match <= MaxDistance && match < at && Unsafe.ReadUnaligned<uint>(match) == word) break;
                        at += attempts++ >> SkipTrigger;
                    }
                    while (at > anchor && match > source && at[-1] == match[-1])
                    {
                        at--;
                        match--;
                    }
                    var literals = (int)(at - anchor);
                    var length = MinMatch + Same(match + MinMatch, at + MinMatch, lastEnd);
                    // Token, both lengths, literals, distance; and the rest of the block must still fit.
                    if (room - to < 1 + literals / 255 + 1 + literals + 2 + length / 255 + 1 + LastLiterals + 1) return 0;
                    to = WriteLiterals(to, anchor, literals, out var token);
                    Unsafe.WriteUnaligned(to, (ushort)(at - match));
                    to += 2;
                    var more = length - MinMatch;
                    *token |= (byte)Math.Min(more, 15);
                    if (more >= 15) to = WriteLength(to, more - 15);
                    at += length;
                    anchor = at;
                    if (at > lastStart) break;
                    table[(Unsafe.ReadUnaligned<uint>(at - 2) * 2654435761u) >> (32 - HashBits)] = (int)(at - 2 - source);
                }
            }
        tail:
            var rest = (int)(end - anchor);
            if (room - to < 1 + rest / 255 + 1 + rest) return 0;
            to = WriteLiterals(to, anchor, rest, out _);
            return (int)(to - target);
        }
    }

    /// <summary>Decodes behind the first <paramref name="history"/> bytes of <paramref name="content"/>, which matches may copy from. Returns the bytes written.</summary>
    /// <exception cref="XetFormatException">Truncated, more than the room, or a copy from before the history.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Decode(ReadOnlySpan<byte> block, Span<byte> content, int history)
    {
        fixed (byte* source = block)
        fixed (byte* target = content)
        {
            byte* at = source, end = source + block.Length, start = target + history, to = start, room = target + content.Length;
            while (true)
            {
                if (at >= end) throw new XetFormatException("An LZ4 block is truncated before a token.");
                int token = *at++;
                var literals = token >> 4;
                // The usual short run with room on both sides: one wide copy, of which the first bytes count.
                if (literals < 15 && end - at >= 16 + 2 && room - to >= 16)
                {
                    Vector128.Store(Vector128.Load(at), to);
                }
                else
                {
                    if (literals == 15) literals = ReadLength(ref at, end, literals);
                    if (literals > end - at) throw new XetFormatException("An LZ4 block is truncated in its literals.");
                    if (literals > room - to) throw new XetFormatException("An LZ4 block gives more than the declared bytes.");
                    Unsafe.CopyBlockUnaligned(to, at, (uint)literals);
                    if (literals == end - at) return (int)(to + literals - start);
                }
                at += literals;
                to += literals;

                if (end - at < 2) throw new XetFormatException("An LZ4 block is truncated before a distance.");
                var distance = at[0] | at[1] << 8;
                at += 2;
                if (distance == 0 || distance > to - target) throw new XetFormatException("An LZ4 block copies from before its start.");
                var length = token & 15;
                if (length == 15) length = ReadLength(ref at, end, length);
                length += MinMatch;
                if (length > room - to) throw new XetFormatException("An LZ4 block gives more than the declared bytes.");
                Copy(to, distance, length, room);
                to += length;
            }
        }
    }

    /// <summary>Copies forward where source and target may overlap; writes beyond the length only where there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy(byte* to, int distance, int length, byte* room)
    {
        var from = to - distance;
        var end = to + length;
        if (distance >= 16 && room - end >= 16)
        {
            do
            {
                Vector128.Store(Vector128.Load(from), to);
                from += 16;
                to += 16;
            }
            while (to < end);
        }
        else if (distance >= 8 && room - end >= 8)
        {
            do
            {
                Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from));
                from += 8;
                to += 8;
            }
            while (to < end);
        }
        else if (distance == 1)
        {
            Unsafe.InitBlockUnaligned(to, *from, (uint)length);
        }
        else
        {
            while (to < end) *to++ = *from++;
        }
    }

    static int ReadLength(ref byte* at, byte* end, int length)
    {
        int next;
        do
        {
            if (at >= end) throw new XetFormatException("An LZ4 block is truncated in a length.");
            next = *at++;
            length += next;
            // A block has at most 4 MiB; beyond that the sum could only grow past what an int holds.
            if (length > 8 * 1024 * 1024) throw new XetFormatException("An LZ4 block declares a length that no block has.");
        }
        while (next == 255);
        return length;
    }

    static byte* WriteLiterals(byte* to, byte* literals, int count, out byte* token)
    {
        token = to++;
        *token = (byte)(Math.Min(count, 15) << 4);
        if (count >= 15) to = WriteLength(to, count - 15);
        Unsafe.CopyBlockUnaligned(to, literals, (uint)count);
        return to + count;
    }

    static byte* WriteLength(byte* to, int rest)
    {
        for (; rest >= 255; rest -= 255) *to++ = 255;
        *to++ = (byte)rest;
        return to;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Same(byte* match, byte* at, byte* end)
    {
        var start = at;
        for (; end - at >= 8; at += 8, match += 8)
        {
            var difference = Unsafe.ReadUnaligned<ulong>(at) ^ Unsafe.ReadUnaligned<ulong>(match);
            if (difference != 0) return (int)(at - start) + BitOperations.TrailingZeroCount(difference) / 8;
        }
        while (at < end && *at == *match)
        {
            at++;
            match++;
        }
        return (int)(at - start);
    }
}
