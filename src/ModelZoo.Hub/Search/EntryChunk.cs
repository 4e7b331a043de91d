using System.Text;

namespace ModelZoo.Hub.Search;

/// <summary>A thousand neighbouring slots: their repositories, and their names in one run of bytes that a search scans at once.</summary>
sealed class EntryChunk
{
    public const int Size = 1024;

    readonly IndexedRepository?[] _entries;
    readonly byte[] _names;
    /// <summary>Where the name of each slot begins; one more at the end.</summary>
    readonly int[] _starts;

    EntryChunk(IndexedRepository?[] entries, byte[] names, int[] starts) => (_entries, _names, _starts) = (entries, names, starts);

    public IndexedRepository? this[int offset] => _entries[offset];

    /// <param name="entries">Up to <see cref="Size"/> of them.</param>
    public static EntryChunk Of(ReadOnlySpan<IndexedRepository?> entries)
    {
        var copy = new IndexedRepository?[Size];
        entries.CopyTo(copy);
        return Of(copy);
    }

    static EntryChunk Of(IndexedRepository?[] entries)
    {
        var starts = new int[Size + 1];
        for (var i = 0; i < Size; i++) starts[i + 1] = starts[i] + (entries[i]?.FullName.Length ?? 0) + 1;
        var names = new byte[starts[Size]];
        for (var i = 0; i < Size; i++)
        {
            if (entries[i] is { } entry) Encoding.ASCII.GetBytes(entry.FullName.ToLowerInvariant(), names.AsSpan(starts[i]));
            names[starts[i + 1] - 1] = (byte)'\n';
        }
        return new(entries, names, starts);
    }

    public EntryChunk With(int offset, IndexedRepository? entry)
    {
        var entries = (IndexedRepository?[])_entries.Clone();
        entries[offset] = entry;
        return _entries[offset]?.FullName == entry?.FullName ? new(entries, _names, _starts) : Of(entries);
    }

    public bool NameContains(int offset, ReadOnlySpan<byte> needle) =>
        _names.AsSpan(_starts[offset], _starts[offset + 1] - _starts[offset] - 1).IndexOf(needle) >= 0;

    /// <summary>Sets the bit of every slot whose name contains the needle, which has no line break in it.</summary>
    public void Find(ReadOnlySpan<byte> needle, int firstSlot, SlotBits found)
    {
        var (position, offset) = (0, 0);
        while (position < _names.Length)
        {
            var hit = _names.AsSpan(position).IndexOf(needle);
            if (hit < 0) return;
            position += hit;
            while (_starts[offset + 1] <= position) offset++;
            found[firstSlot + offset] = true;
            position = _starts[offset + 1];
        }
    }
}
