using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Merging;

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
