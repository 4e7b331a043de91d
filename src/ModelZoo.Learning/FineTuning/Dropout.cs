using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.FineTuning;

/// <summary>
/// Drops a share of numbers and enlarges the others (Srivastava et al. 2014). What is dropped is a pure function of the sample's own seed, the place in the
/// network and the number's index: forward and backward make the same choice, whatever thread they run on.
/// </summary>
readonly struct Dropout(double share)
{
    readonly ulong _limit = (ulong)(share * (1UL << 32));
    readonly float _grow = (float)(1 / (1 - share));

    public bool IsOn => _limit > 0;

    /// <param name="sample">The sample's seed for this step.</param>
    /// <param name="site">The place in the network.</param>
    public void Apply(ulong sample, int site, Span<float> values)
    {
        var seed = RandomSource.At(sample, (ulong)site + 1);
        for (var i = 0; i < values.Length; i += 2)
        {
            var bits = RandomSource.At(seed, (ulong)i / 2 + 1);
            values[i] = (bits & 0xFFFF_FFFF) < _limit ? 0 : values[i] * _grow;
            if (i + 1 < values.Length) values[i + 1] = bits >> 32 < _limit ? 0 : values[i + 1] * _grow;
        }
    }
}
