namespace ModelZoo.Hub.Search;

/// <summary>
/// All slots in ascending order of one sort key. Immutable: a change copies one block of at most 512 slots and the list of
/// blocks. The order does not know the keys; it is asked with a comparison of a slot against the place that is sought.
/// </summary>
sealed class SlotOrder
{
    const int BlockSize = 512;

    readonly int[][] _blocks;

    SlotOrder(int[][] blocks) => _blocks = blocks;

    /// <param name="ascending">All slots, already in order.</param>
    public static SlotOrder Of(int[] ascending) => new([.. ascending.Chunk(BlockSize * 3 / 4)]);

    /// <summary>A place between slots. Forward walks begin with the slot after it, backward ones with the slot before it.</summary>
    public readonly record struct Place(int Block, int Offset);

    public Place Start => new(0, 0);

    public Place End => new(_blocks.Length, 0);

    /// <summary>The place before the first slot for which <paramref name="compare"/> (slot against what is sought) is not negative.</summary>
    public Place Seek(Func<int, int> compare)
    {
        int low = 0, high = _blocks.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (compare(_blocks[middle][^1]) < 0) low = middle + 1;
            else high = middle;
        }
        if (low == _blocks.Length) return End;
        var block = _blocks[low];
        int first = 0, last = block.Length;
        while (first < last)
        {
            var middle = (first + last) / 2;
            if (compare(block[middle]) < 0) first = middle + 1;
            else last = middle;
        }
        return new(low, first);
    }

    /// <summary>The slot after a place, or -1 at the end.</summary>
    public int At(Place place) => place.Block < _blocks.Length ? _blocks[place.Block][place.Offset] : -1;

    /// <summary>Collects slots from a place on, as long as <paramref name="visit"/> says so.</summary>
    public void Walk(Place from, bool backward, Func<int, bool> visit)
    {
        if (backward)
        {
            for (var block = Math.Min(from.Block, _blocks.Length - 1); block >= 0; block--)
                for (var i = (block == from.Block ? from.Offset : _blocks[block].Length) - 1; i >= 0; i--)
                    if (!visit(_blocks[block][i])) return;
            return;
        }
        for (var block = from.Block; block < _blocks.Length; block++)
            for (var i = block == from.Block ? from.Offset : 0; i < _blocks[block].Length; i++)
                if (!visit(_blocks[block][i])) return;
    }

    /// <summary>Sets the bits of all slots between two places.</summary>
    public void Between(Place from, Place to, SlotBits bits)
    {
        for (var block = from.Block; block < _blocks.Length && block <= to.Block; block++)
        {
            var first = block == from.Block ? from.Offset : 0;
            var end = block == to.Block ? to.Offset : _blocks[block].Length;
            for (var i = first; i < end; i++) bits[_blocks[block][i]] = true;
        }
    }

    public SlotOrder With(int slot, Func<int, int> compare)
    {
        if (_blocks.Length == 0) return new([[slot]]);
        var place = Seek(compare);
        if (place.Block == _blocks.Length) place = new(_blocks.Length - 1, _blocks[^1].Length);
        var old = _blocks[place.Block];
        int[] grown = [.. old.AsSpan(0, place.Offset), slot, .. old.AsSpan(place.Offset)];
        if (grown.Length <= BlockSize)
        {
            var copy = (int[][])_blocks.Clone();
            copy[place.Block] = grown;
            return new(copy);
        }
        return new([.. _blocks.AsSpan(0, place.Block), grown[..(BlockSize / 2)], grown[(BlockSize / 2)..], .. _blocks.AsSpan(place.Block + 1)]);
    }

    public SlotOrder Without(int slot, Func<int, int> compare)
    {
        var place = Seek(compare);
        if (At(place) != slot) throw new InvalidOperationException($"Slot {slot} is not where its key says.");
        var old = _blocks[place.Block];
        if (old.Length == 1) return new([.. _blocks.AsSpan(0, place.Block), .. _blocks.AsSpan(place.Block + 1)]);
        var copy = (int[][])_blocks.Clone();
        copy[place.Block] = [.. old.AsSpan(0, place.Offset), .. old.AsSpan(place.Offset + 1)];
        return new(copy);
    }
}
