namespace ModelZoo.Evaluation.Statistics;

/// <summary>
/// CPython's <c>random.Random</c>: the same seed gives the same numbers, samples and shuffles, so few-shot examples and bootstrap errors of
/// lm-evaluation-harness can be reproduced. Not safe for several threads.
/// </summary>
/// <remarks>MT19937 by M. Matsumoto and T. Nishimura, ACM TOMACS 8 (1998); seeding and drawing as in CPython 3.11's random.py.</remarks>
public sealed class PythonRandom
{
    const int Size = 624;
    const int Shift = 397;

    readonly uint[] _state = new uint[Size];
    int _next = Size;

    public PythonRandom(long seed)
    {
        var magnitude = seed < 0 ? (ulong)-seed : (ulong)seed;
        Span<uint> digits = [(uint)magnitude, (uint)(magnitude >> 32)];
        Seed(digits[1] == 0 ? digits[..1] : digits);
    }

    /// <summary>A number from 0 to below 1, with 53 random bits.</summary>
    public double Random()
    {
        var (high, low) = (Next() >> 5, Next() >> 6);
        return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
    }

    /// <param name="bits">1 to 64.</param>
    public ulong GetRandBits(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 64);
        if (bits <= 32) return Next() >> (32 - bits);
        ulong low = Next();
        return low | (ulong)(Next() >> (64 - bits)) << 32;
    }

    /// <summary>A whole number from 0 to below <paramref name="limit"/>.</summary>
    public long Below(long limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var bits = 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)limit);
        while (true)
        {
            var drawn = GetRandBits(bits);
            if (drawn < (ulong)limit) return (long)drawn;
        }
    }

    /// <summary>Time until the next event of a Poisson process: <c>expovariate</c>.</summary>
    public double Exponential(double rate) => -Math.Log(1.0 - Random()) / rate;

    /// <summary>Indices drawn with replacement from <paramref name="count"/> things.</summary>
    public int[] Choices(int count, int draws)
    {
        var chosen = new int[draws];
        Choices(count, chosen);
        return chosen;
    }

    public void Choices(int count, Span<int> chosen)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        for (var i = 0; i < chosen.Length; i++) chosen[i] = (int)(Random() * count);
    }

    /// <summary>Different indices out of <paramref name="count"/>, in the order drawn: <c>sample(range(count), draws)</c>.</summary>
    public int[] Sample(int count, int draws)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(draws);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(draws, count);
        var chosen = new int[draws];
        // Where a set of the chosen would be larger than the list itself, CPython takes from a shrinking list.
        var setSize = 21.0;
        if (draws > 5) setSize += Math.Pow(4, Math.Ceiling(Math.Log(draws * 3) / Math.Log(4)));
        if (count <= setSize)
        {
            var pool = new int[count];
            for (var i = 0; i < count; i++) pool[i] = i;
            for (var i = 0; i < draws; i++)
            {
                var at = (int)Below(count - i);
                chosen[i] = pool[at];
                pool[at] = pool[count - i - 1];
            }
            return chosen;
        }
        var seen = new HashSet<int>(draws);
        for (var i = 0; i < draws; i++)
        {
            int at;
            do at = (int)Below(count);
            while (!seen.Add(at));
            chosen[i] = at;
        }
        return chosen;
    }

    public T[] Sample<T>(IReadOnlyList<T> population, int draws) => Array.ConvertAll(Sample(population.Count, draws), index => population[index]);

    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var other = (int)Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    /// <summary><c>init_by_array</c> of the seed's 32-bit digits.</summary>
    void Seed(ReadOnlySpan<uint> key)
    {
        _state[0] = 19650218;
        for (var at = 1; at < Size; at++) _state[at] = 1812433253 * (_state[at - 1] ^ _state[at - 1] >> 30) + (uint)at;
        var (i, j) = (1, 0);
        for (var k = Size; k > 0; k--)
        {
            _state[i] = (_state[i] ^ (_state[i - 1] ^ _state[i - 1] >> 30) * 1664525) + key[j] + (uint)j;
            if (++i == Size) (_state[0], i) = (_state[Size - 1], 1);
            if (++j == key.Length) j = 0;
        }
        for (var k = Size - 1; k > 0; k--)
        {
            _state[i] = (_state[i] ^ (_state[i - 1] ^ _state[i - 1] >> 30) * 1566083941) - (uint)i;
            if (++i == Size) (_state[0], i) = (_state[Size - 1], 1);
        }
        _state[0] = 0x80000000;
    }

    uint Next()
    {
        if (_next == Size) Refill();
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return y ^ y >> 18;
    }

    void Refill()
    {
        var state = _state;
        for (var i = 0; i < Size - Shift; i++) state[i] = state[i + Shift] ^ Mix(state[i], state[i + 1]);
        for (var i = Size - Shift; i < Size - 1; i++) state[i] = state[i + Shift - Size] ^ Mix(state[i], state[i + 1]);
        state[Size - 1] = state[Shift - 1] ^ Mix(state[Size - 1], state[0]);
        _next = 0;
    }

    static uint Mix(uint upper, uint lower)
    {
        var y = upper & 0x80000000 | lower & 0x7fffffff;
        return y >> 1 ^ (0u - (y & 1) & 0x9908b0df);
    }
}
