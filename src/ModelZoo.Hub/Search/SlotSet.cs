namespace ModelZoo.Hub.Search;

/// <summary>
/// An immutable set of slots. Small sets are sorted arrays; larger ones are blocks of bits, of which a change copies one (512
/// bytes) and the list of blocks, so that changing one repository among 100,000 never copies them all.
/// </summary>
sealed class SlotSet
{
    public const int WordsPerBlock = 64;
    public const int SlotsPerBlock = WordsPerBlock * 64;
    const int MostSparse = 64;

    public static readonly SlotSet Empty = new([], null, 0);

    readonly int[]? _sparse;
    readonly ulong[]?[]? _blocks;

    SlotSet(int[]? sparse, ulong[]?[]? blocks, int count) => (_sparse, _blocks, Count) = (sparse, blocks, count);

    public int Count { get; }

    /// <summary>The slots in ascending order when the set is small, else null and there are <see cref="Blocks"/>.</summary>
    public int[]? Sparse => _sparse;

    /// <summary>Bits by block; a null block is empty, and blocks beyond the last are too.</summary>
    public ReadOnlySpan<ulong[]?> Blocks => _blocks;

    /// <param name="ascending">Slots in ascending order, each once.</param>
    public static SlotSet Of(ReadOnlySpan<int> ascending) =>
        ascending.Length == 0 ? Empty : ascending.Length <= MostSparse ? new(ascending.ToArray(), null, ascending.Length) : new(null, ToBlocks(ascending), ascending.Length);

    public bool Contains(int slot)
    {
        if (_sparse is not null) return Array.BinarySearch(_sparse, slot) >= 0;
        var block = slot / SlotsPerBlock;
        return block < _blocks!.Length && _blocks[block] is { } words && (words[slot / 64 % WordsPerBlock] >> (slot & 63) & 1) != 0;
    }

    public SlotSet With(int slot)
    {
        if (Contains(slot)) return this;
        if (_sparse is { } sparse)
        {
            var at = ~Array.BinarySearch(sparse, slot);
            int[] grown = [.. sparse.AsSpan(0, at), slot, .. sparse.AsSpan(at)];
            return grown.Length <= MostSparse ? new(grown, null, grown.Length) : new(null, ToBlocks(grown), grown.Length);
        }
        return new(null, Flip(_blocks!, slot), Count + 1);
    }

    public SlotSet Without(int slot)
    {
        if (!Contains(slot)) return this;
        if (Count == 1) return Empty;
        if (_sparse is { } sparse)
        {
            var at = Array.BinarySearch(sparse, slot);
            return new([.. sparse.AsSpan(0, at), .. sparse.AsSpan(at + 1)], null, Count - 1);
        }
        var blocks = Flip(_blocks!, slot);
        // Half the limit, so that a set at the border does not change its form with every change.
        return Count - 1 > MostSparse / 2 ? new(null, blocks, Count - 1) : new([.. SlotsOf(blocks)], null, Count - 1);
    }

    public IEnumerable<int> Slots() => _sparse ?? SlotsOf(_blocks!);

    static ulong[]?[] Flip(ulong[]?[] blocks, int slot)
    {
        var block = slot / SlotsPerBlock;
        var copy = new ulong[]?[Math.Max(blocks.Length, block + 1)];
        blocks.CopyTo(copy, 0);
        var words = copy[block] is { } old ? (ulong[])old.Clone() : new ulong[WordsPerBlock];
        words[slot / 64 % WordsPerBlock] ^= 1UL << (slot & 63);
        copy[block] = words;
        return copy;
    }

    static ulong[]?[] ToBlocks(ReadOnlySpan<int> ascending)
    {
        var blocks = new ulong[]?[ascending[^1] / SlotsPerBlock + 1];
        foreach (var slot in ascending)
            (blocks[slot / SlotsPerBlock] ??= new ulong[WordsPerBlock])[slot / 64 % WordsPerBlock] |= 1UL << (slot & 63);
        return blocks;
    }

    static IEnumerable<int> SlotsOf(ulong[]?[] blocks)
    {
        for (var block = 0; block < blocks.Length; block++)
        {
            if (blocks[block] is not { } words) continue;
            for (var word = 0; word < words.Length; word++)
                for (var bits = words[word]; bits != 0; bits &= bits - 1)
                    yield return block * SlotsPerBlock + word * 64 + System.Numerics.BitOperations.TrailingZeroCount(bits);
        }
    }
}
