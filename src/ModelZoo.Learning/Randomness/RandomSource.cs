namespace ModelZoo.Learning.Randomness;

/// <summary>
/// Random numbers that are a pure function of a seed, a name and a position (SplitMix64): every use of randomness has its own stream, so that changing
/// one use leaves all others as they were, and any number can be computed alone.
/// </summary>
/// <remarks>Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", doi:10.1145/2660193.2660195.</remarks>
public struct RandomSource(ulong seed)
{
    const ulong Step = 0x9E3779B97F4A7C15;

    readonly ulong _seed = seed;

    /// <summary>How many numbers have been taken; may be set to jump.</summary>
    public ulong Position { get; set; }

    /// <summary>The stream of that name: its seed is the member's, mixed with the name's hash.</summary>
    public static RandomSource Named(ulong seed, string name) => new(seed ^ Fnv1a64.Hash(name));

    /// <summary>Output number <paramref name="k"/>, counted from 1.</summary>
    public static ulong At(ulong seed, ulong k)
    {
        unchecked
        {
            var z = seed + k * Step;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    public ulong Next() => At(_seed, ++Position);

    /// <summary>A whole number from 0 to <paramref name="limit"/> − 1.</summary>
    public int Below(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    /// <summary>A whole number from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>A real number in [0, 1).</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A normal number by Box and Muller's method; takes two outputs.</summary>
    public double NextNormal()
    {
        var u1 = NextUnit();
        var u2 = NextUnit();
        return Math.Sqrt(-2 * Math.Log(1 - u1)) * Math.Cos(2 * Math.PI * u2);
    }

    /// <summary>A permutation by Fisher and Yates, from the top.</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        for (var i = count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}
