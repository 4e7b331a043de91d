using System.Numerics;

namespace ModelZoo.Xet;

/// <summary>
/// Whether regrouping is likely to help: the four groups differ in how many bits their bytes have set. The measure and its bound, a
/// Kullback–Leibler divergence above 0.02, are xet-core's (xorb_object/byte_grouping/bg4_prediction.rs); we look at a sample of the chunk.
/// </summary>
static class GroupingTest
{
    const int SampleBytes = 16 * 1024;
    const int Stripe = 256;
    const double Bound = 0.02;

    public static bool Pays(ReadOnlySpan<byte> chunk)
    {
        Span<int> counts = stackalloc int[4 * 9];
        counts.Clear();
        // Stripes over the whole chunk, at positions divisible by 4.
        var step = Math.Max(Stripe, chunk.Length / (SampleBytes / Stripe) / 4 * 4);
        for (var start = 0; start < chunk.Length; start += step)
        {
            var stripe = chunk.Slice(start, Math.Min(Stripe, chunk.Length - start));
            for (var i = 0; i < stripe.Length; i++) counts[9 * (i & 3) + BitOperations.PopCount(stripe[i])]++;
        }
        return Divergence(counts) > Bound;
    }

    /// <summary>The largest divergence of a group's distribution from that of all bytes.</summary>
    static double Divergence(ReadOnlySpan<int> counts)
    {
        Span<int> all = stackalloc int[9];
        var total = 0;
        for (var bits = 0; bits < 9; bits++)
        {
            all[bits] = counts[bits] + counts[9 + bits] + counts[18 + bits] + counts[27 + bits];
            total += all[bits];
        }
        var largest = 0.0;
        for (var group = 0; group < 4; group++)
        {
            var own = counts.Slice(9 * group, 9);
            var sum = 0;
            foreach (var count in own) sum += count;
            if (sum == 0) continue;
            var divergence = 0.0;
            for (var bits = 0; bits < 9; bits++)
            {
                if (own[bits] == 0) continue;
                var share = (double)own[bits] / sum;
                divergence += share * Math.Log(share * total / all[bits]);
            }
            largest = Math.Max(largest, divergence);
        }
        return largest;
    }
}
