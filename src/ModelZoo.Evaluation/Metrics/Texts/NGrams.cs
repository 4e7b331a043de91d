namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>Counted n-grams: keys in rising order, each with how often it occurs.</summary>
readonly record struct NGrams(UInt128[] Keys, int[] Counts)
{
    public int Total { get; } = Counts.Sum();

    /// <param name="bits">Per item; n items must fit 128 bits.</param>
    public static NGrams Of(ReadOnlySpan<int> items, int n, int bits)
    {
        var count = Math.Max(0, items.Length - n + 1);
        var all = new UInt128[count];
        for (var i = 0; i < count; i++)
        {
            UInt128 key = 0;
            for (var k = 0; k < n; k++) key = key << bits | (uint)items[i + k];
            all[i] = key;
        }
        Array.Sort(all);
        var (keys, counts, last) = (new List<UInt128>(count), new List<int>(count), -1);
        foreach (var key in all)
        {
            if (last >= 0 && keys[last] == key)
            {
                counts[last]++;
                continue;
            }
            keys.Add(key);
            counts.Add(1);
            last++;
        }
        return new([.. keys], [.. counts]);
    }

    /// <summary>Occurrences in common.</summary>
    public int Shared(in NGrams other)
    {
        var (sum, i, j) = (0, 0, 0);
        while (i < Keys.Length && j < other.Keys.Length)
        {
            if (Keys[i] < other.Keys[j]) i++;
            else if (Keys[i] > other.Keys[j]) j++;
            else sum += Math.Min(Counts[i++], other.Counts[j++]);
        }
        return sum;
    }

    /// <summary>For each n-gram the larger count of the two: what several references allow together.</summary>
    public NGrams Union(in NGrams other)
    {
        var (keys, counts) = (new List<UInt128>(), new List<int>());
        var (i, j) = (0, 0);
        while (i < Keys.Length || j < other.Keys.Length)
        {
            if (j == other.Keys.Length || (i < Keys.Length && Keys[i] < other.Keys[j])) Add(Keys[i], Counts[i++]);
            else if (i == Keys.Length || Keys[i] > other.Keys[j]) Add(other.Keys[j], other.Counts[j++]);
            else Add(Keys[i], Math.Max(Counts[i++], other.Counts[j++]));
        }
        return new([.. keys], [.. counts]);

        void Add(UInt128 key, int count)
        {
            keys.Add(key);
            counts.Add(count);
        }
    }
}

/// <summary>Numbers for words, so that texts compare fast. From 1.</summary>
sealed class WordNumbers
{
    readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public int[] Of(IReadOnlyList<string> words)
    {
        var numbers = new int[words.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!_numbers.TryGetValue(words[i], out numbers[i])) _numbers[words[i]] = numbers[i] = _numbers.Count + 1;
        }
        return numbers;
    }
}
