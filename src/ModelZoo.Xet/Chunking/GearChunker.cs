using System.Runtime.CompilerServices;

namespace ModelZoo.Xet;

/// <summary>
/// Finds where content is cut into chunks: after a byte at which the rolling hash of the last 64 bytes has 16 leading zero bits, not
/// before 8 KiB and at the latest at 128 KiB. Cuts depend on content alone, not on how it is handed over.
/// </summary>
public sealed class GearChunker
{
    /// <summary>Bytes that influence the hash: each is shifted out after 64 more.</summary>
    const int Window = 64;

    /// <summary>Nothing before this can influence a cut. One byte more than needed, as xet-core has it (xet_data/src/deduplication/chunking.rs).</summary>
    const int Skipped = XetLimits.MinChunkBytes - Window - 1;

    /// <summary>The mask 0xFFFF000000000000 is clear exactly below this.</summary>
    const ulong Bound = 1UL << 48;

    /// <summary>One of four stretches that are hashed side by side; each but the first warms up on the 64 bytes before it.</summary>
    const int Stretch = 1024;

    ulong _hash;

    /// <summary>Bytes of the open chunk that were handed over and not yet cut off.</summary>
    public int Pending { get; private set; }

    /// <summary>
    /// Looks for the next cut. True when the first <paramref name="taken"/> bytes of <paramref name="content"/> end a chunk (which began
    /// in earlier content when <see cref="Pending"/> was not 0); false when all of it belongs to the open chunk.
    /// </summary>
    public bool TryCut(ReadOnlySpan<byte> content, out int taken)
    {
        var position = Pending < Skipped ? Math.Min(Skipped - Pending, content.Length) : 0;
        var end = Math.Min(content.Length, XetLimits.MaxChunkBytes - Pending);
        // Hits before the minimum do not count: the hash has not yet seen 64 bytes of this chunk.
        var minimum = XetLimits.MinChunkBytes - Pending;
        if (position < end) position = Scan(content[..end], position, minimum, ref _hash);
        if (position > 0 && position <= end && Pending + position >= XetLimits.MinChunkBytes && _hash < Bound || Pending + position == XetLimits.MaxChunkBytes)
        {
            Reset();
            taken = position;
            return true;
        }
        Pending += position;
        taken = position;
        return false;
    }

    /// <summary>The rest at the end of the content is a chunk as well; the next content starts anew.</summary>
    /// <returns>How long that last chunk is; 0 when the content was empty or ended at a cut.</returns>
    public int Finish()
    {
        var rest = Pending;
        Reset();
        return rest;
    }

    void Reset()
    {
        Pending = 0;
        _hash = 0;
    }

    /// <summary>The end of the first byte at or after <paramref name="minimum"/> − 1 at which the hash says cut, or the content's length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe int Scan(ReadOnlySpan<byte> content, int position, int minimum, ref ulong state)
    {
        var h = state;
        fixed (byte* bytes = content)
        fixed (ulong* gear = GearTable.Values)
        {
            // One by one over the bytes that cannot end a chunk: at most 64 and the one that the skip leaves over.
            var quiet = Math.Min(content.Length, minimum - 1);
            for (; position < quiet; position++) h = (h << 1) + gear[bytes[position]];

            // Four stretches at once, for one alone waits on its own last addition.
            while (content.Length - position >= 4 * Stretch)
            {
                var at = bytes + position;
                ulong h0 = h, h1 = 0, h2 = 0, h3 = 0;
                for (var i = Stretch - Window; i < Stretch; i++)
                {
                    h1 = (h1 << 1) + gear[at[i]];
                    h2 = (h2 << 1) + gear[at[i + Stretch]];
                    h3 = (h3 << 1) + gear[at[i + 2 * Stretch]];
                }
                int hit1 = 0, hit2 = 0, hit3 = 0;
                for (var i = 0; i < Stretch; i++)
                {
                    h0 = h0 + h0 + gear[at[i]];
                    h1 = h1 + h1 + gear[at[i + Stretch]];
                    h2 = h2 + h2 + gear[at[i + 2 * Stretch]];
                    h3 = h3 + h3 + gear[at[i + 3 * Stretch]];
                    if (h0 < Bound)
                    {
                        state = h0;
                        return position + i + 1;
                    }
                    if (h1 < Bound && hit1 == 0) hit1 = i + 1;
                    if (h2 < Bound && hit2 == 0) hit2 = i + 1;
                    if (h3 < Bound && hit3 == 0) hit3 = i + 1;
                }
                if ((hit1 | hit2 | hit3) != 0)
                {
                    state = 0;
                    return position + (hit1 != 0 ? Stretch + hit1 : hit2 != 0 ? 2 * Stretch + hit2 : 3 * Stretch + hit3);
                }
                h = h3;
                position += 4 * Stretch;
            }
            while (position < content.Length)
            {
                h = h + h + gear[bytes[position++]];
                if (h < Bound) break;
            }
        }
        state = h;
        return position;
    }
}
