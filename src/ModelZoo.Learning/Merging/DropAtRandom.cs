using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Merging;

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
