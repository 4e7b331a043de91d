using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ModelZoo.Hub.Search;

/// <summary>Makes a snapshot from nothing: at start, and when so much changed that single edits would take longer.</summary>
static class IndexRebuild
{
    public static IndexSnapshot Of(List<IndexedRepository> repositories, long change, long day)
    {
        // Old neighbours stay neighbours, so that a block of an order or a set is often wholly in or out.
        repositories.Sort((a, b) => a.Id.CompareTo(b.Id));
        var entries = repositories.ToArray();
        var slots = (entries.Length + EntryChunk.Size - 1) / EntryChunk.Size * EntryChunk.Size;
        var free = ImmutableStack<int>.Empty;
        for (var slot = slots - 1; slot >= entries.Length; slot--) free = free.Push(slot);
        SlotSet Where(Predicate<IndexedRepository> fits) => SlotSet.Of([.. Enumerable.Range(0, entries.Length).Where(slot => fits(entries[slot]))]);
        return new()
        {
            Change = change,
            Day = day,
            Chunks = [.. entries.Chunk(EntryChunk.Size).Select(part => EntryChunk.Of(part))],
            Terms = Terms(entries),
            Orders = [.. IndexSnapshot.Keys.Select(key => Order(entries, key))],
            Open = Where(entry => entry.Repository is { DisabledAt: null, IsPrivate: false }),
            Private = Where(entry => entry.Repository is { DisabledAt: null, IsPrivate: true }),
            Disabled = Where(entry => entry.Repository.DisabledAt is not null),
            Free = free,
        };
    }

    static ImmutableDictionary<string, SlotSet>[] Terms(IndexedRepository[] entries)
    {
        var fields = IndexSnapshot.Empty.Terms.Select(_ => new Dictionary<string, List<int>>(StringComparer.Ordinal)).ToArray();
        for (var slot = 0; slot < entries.Length; slot++)
            foreach (var term in entries[slot].Terms())
            {
                ref var slots = ref CollectionsMarshal.GetValueRefOrAddDefault(fields[(int)term.Field], term.Value, out _);
                slots ??= [];
                if (slots.Count == 0 || slots[^1] != slot) slots.Add(slot);
            }
        return [.. fields.Select(field => field.ToImmutableDictionary(pair => pair.Key, pair => SlotSet.Of(CollectionsMarshal.AsSpan(pair.Value))))];
    }

    static SlotOrder Order(IndexedRepository[] entries, SearchOrder key)
    {
        var points = Array.ConvertAll(entries, entry => SortPoint.Of(entry, key));
        var slots = new int[entries.Length];
        for (var slot = 0; slot < slots.Length; slot++) slots[slot] = slot;
        Array.Sort(points, slots, Comparer<SortPoint>.Create((a, b) => a.CompareTo(b)));
        return SlotOrder.Of(slots);
    }
}
