namespace ModelZoo.Learning.Merging;

/// <summary>
/// Keeps the entries whose size ranks from <paramref name="skip"/> to skip + keep, the largest first; of equal ones the lower index. The bounds are found
/// by counting sizes sixteen bits at a time, so that nothing of the tensor's size is held.
/// </summary>
sealed class KeepByRank(long skip, long keep) : Thinning
{
    (ulong Bits, long LastIndex) _upper = (ulong.MaxValue, -1);
    (ulong Bits, long LastIndex) _lower;

    public override async ValueTask PrepareAsync(TensorBlocks blocks, int input, int baseRow, CancellationToken stop)
    {
        // Entry number `rank` of the order, so that all up to it are inside.
        _lower = await FindAsync(blocks, input, baseRow, skip + keep, stop);
        if (skip > 0) _upper = await FindAsync(blocks, input, baseRow, skip, stop);
    }

    public override double Apply(long element, double difference)
    {
        var bits = Bits(difference);
        return IsInside(bits, element, _lower) && !IsInside(bits, element, _upper) ? difference : 0;
    }

    static bool IsInside(ulong bits, long element, (ulong Bits, long LastIndex) bound) => bits > bound.Bits || (bits == bound.Bits && element <= bound.LastIndex);

    /// <summary>Sizes compare as their bits do; what is no number counts as largest.</summary>
    static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value) & 0x7fff_ffff_ffff_ffff;

    static async ValueTask<(ulong, long)> FindAsync(TensorBlocks blocks, int input, int baseRow, long rank, CancellationToken stop)
    {
        ulong prefix = 0;
        var left = rank;
        for (var shift = 48; shift >= 0; shift -= 16)
        {
            var counts = new long[1 << 16];
            await blocks.VisitAsync((_, count) =>
            {
                var (x, b) = (blocks.Values[input], blocks.Values[baseRow]);
                for (var e = 0; e < count; e++)
                {
                    var bits = Bits(x[e] - b[e]);
                    if (shift == 48 || bits >> (shift + 16) == prefix) counts[(int)(bits >> shift) & 0xffff]++;
                }
            }, stop);
            var bin = counts.Length - 1;
            for (; bin > 0 && counts[bin] < left; bin--) left -= counts[bin];
            prefix = prefix << 16 | (uint)bin;
        }
        long last = -1;
        await blocks.VisitAsync((first, count) =>
        {
            var (x, b) = (blocks.Values[input], blocks.Values[baseRow]);
            for (var e = 0; e < count && left > 0; e++)
                if (Bits(x[e] - b[e]) == prefix && --left == 0) last = first + e;
        }, stop);
        return (prefix, last);
    }
}
