using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Merging;

/// <summary>Which of an input's differences from the base are kept, and how much they then count.</summary>
abstract class Thinning
{
    public virtual ValueTask PrepareAsync(TensorBlocks blocks, int input, int baseRow, CancellationToken stop) => ValueTask.CompletedTask;

    /// <summary>The difference as it goes on: itself, scaled, or zero.</summary>
    public abstract double Apply(long element, double difference);

    public virtual void Release() { }
}

sealed class KeepAll : Thinning
{
    public override double Apply(long element, double difference) => difference;
}

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

/// <summary>Drops entries with one probability; the mask is a named stream's.</summary>
sealed class DropAtRandom(double keep, Rescale rescale, ulong streamSeed) : Thinning
{
    double _scale = rescale == Rescale.Inverse ? 1 / keep : 1;

    public override async ValueTask PrepareAsync(TensorBlocks blocks, int input, int baseRow, CancellationToken stop)
    {
        if (rescale != Rescale.L1) return;
        double all = 0, kept = 0;
        await blocks.VisitAsync((first, count) =>
        {
            for (var e = 0; e < count; e++)
            {
                var size = Math.Abs(blocks.Values[input][e] - blocks.Values[baseRow][e]);
                all += size;
                if (IsKept(first + e)) kept += size;
            }
        }, stop);
        _scale = kept > 0 ? all / kept : 1;
    }

    public override double Apply(long element, double difference) => IsKept(element) ? difference * _scale : 0;

    bool IsKept(long element) => (RandomSource.At(streamSeed, (ulong)element + 1) >> 11) * (1.0 / (1UL << 53)) >= 1 - keep;
}

/// <summary>Drops entries with a probability that falls with the rank of their size; those that stay are divided by the probability of staying.</summary>
sealed class DropByRank(double keep, double spread, ulong streamSeed) : Thinning
{
    const int MostElements = 1 << 28;

    int[] _ranks = [];

    public override async ValueTask PrepareAsync(TensorBlocks blocks, int input, int baseRow, CancellationToken stop)
    {
        if (blocks.Elements > MostElements) throw new MergeException($"A tensor of {blocks.Elements} elements is too large to be ranked; at most {MostElements} are.");
        var sizes = new double[blocks.Elements];
        await blocks.VisitAsync((first, count) =>
        {
            for (var e = 0; e < count; e++) sizes[first + e] = Math.Abs(blocks.Values[input][e] - blocks.Values[baseRow][e]);
        }, stop);
        var order = new int[sizes.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        // Equal sizes by index: the sort itself is not stable.
        Array.Sort(order, (a, b) => sizes[a].CompareTo(sizes[b]) is var way && way != 0 ? way : a.CompareTo(b));
        _ranks = new int[order.Length];
        for (var rank = 0; rank < order.Length; rank++) _ranks[order[rank]] = rank;
    }

    public override double Apply(long element, double difference)
    {
        var share = _ranks.Length > 1 ? _ranks[element] / (_ranks.Length - 1.0) : 1;
        var probability = Math.Clamp(keep - spread + 2 * spread * share, 0, 1);
        return (RandomSource.At(streamSeed, (ulong)element + 1) >> 11) * (1.0 / (1UL << 53)) >= 1 - probability ? difference / probability : 0;
    }

    public override void Release() => _ranks = [];
}
