using System.Numerics;
using System.Runtime.InteropServices;

namespace ModelZoo.Hub.Search;

/// <summary>A bit per slot, for the time of one query: sets are joined into it, cut out of it and counted against it.</summary>
sealed class SlotBits
{
    readonly ulong[] _words;

    /// <param name="slots">How many slots there are; the bits are rounded up to whole blocks.</param>
    public SlotBits(int slots) => _words = new ulong[(slots + SlotSet.SlotsPerBlock - 1) / SlotSet.SlotsPerBlock * SlotSet.WordsPerBlock];

    SlotBits(ulong[] words) => _words = words;

    public SlotBits Copy() => new((ulong[])_words.Clone());

    public bool this[int slot]
    {
        get => (_words[slot >> 6] >> (slot & 63) & 1) != 0;
        set
        {
            if (value) _words[slot >> 6] |= 1UL << (slot & 63);
            else _words[slot >> 6] &= ~(1UL << (slot & 63));
        }
    }

    public int Count()
    {
        var count = 0;
        foreach (var word in _words) count += BitOperations.PopCount(word);
        return count;
    }

    public void Or(SlotSet set)
    {
        if (set.Sparse is { } sparse)
        {
            foreach (var slot in sparse) this[slot] = true;
            return;
        }
        for (var block = 0; block < set.Blocks.Length; block++)
            if (set.Blocks[block] is { } words) Combine(Block(block), words, intersect: false);
    }

    public void And(SlotSet set)
    {
        if (set.Sparse is { } sparse)
        {
            var kept = Array.FindAll(sparse, slot => this[slot]);
            Array.Clear(_words);
            foreach (var slot in kept) this[slot] = true;
            return;
        }
        for (var block = 0; block * SlotSet.WordsPerBlock < _words.Length; block++)
        {
            if (block < set.Blocks.Length && set.Blocks[block] is { } words) Combine(Block(block), words, intersect: true);
            else Block(block).Clear();
        }
    }

    public void And(SlotBits other) => Combine(_words, other._words, intersect: true);

    /// <summary>How many slots of <paramref name="set"/> are set here.</summary>
    public int CountAnd(SlotSet set)
    {
        var count = 0;
        if (set.Sparse is { } sparse)
        {
            foreach (var slot in sparse) count += this[slot] ? 1 : 0;
            return count;
        }
        for (var block = 0; block < set.Blocks.Length; block++)
        {
            if (set.Blocks[block] is not { } words) continue;
            var mine = Block(block);
            for (var i = 0; i < mine.Length; i++) count += BitOperations.PopCount(mine[i] & words[i]);
        }
        return count;
    }

    /// <summary>The slots that are set, ascending.</summary>
    public int[] ToSlots(int count)
    {
        var slots = new int[count];
        var next = 0;
        for (var word = 0; word < _words.Length; word++)
            for (var bits = _words[word]; bits != 0; bits &= bits - 1)
                slots[next++] = word * 64 + BitOperations.TrailingZeroCount(bits);
        return slots;
    }

    Span<ulong> Block(int block) => _words.AsSpan(block * SlotSet.WordsPerBlock, SlotSet.WordsPerBlock);

    /// <summary>Both spans are whole blocks, so whole vectors.</summary>
    static void Combine(Span<ulong> target, ReadOnlySpan<ulong> other, bool intersect)
    {
        var targets = MemoryMarshal.Cast<ulong, Vector<ulong>>(target);
        var others = MemoryMarshal.Cast<ulong, Vector<ulong>>(other);
        if (intersect) for (var i = 0; i < targets.Length; i++) targets[i] &= others[i];
        else for (var i = 0; i < targets.Length; i++) targets[i] |= others[i];
    }
}
