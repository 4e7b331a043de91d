using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace ModelZoo.Hub.Search;

/// <summary>
/// All repositories at one moment, by column. Immutable: readers hold one for as long as they look, and the next one shares with
/// it everything that did not change.
/// </summary>
sealed class IndexSnapshot
{
    public static readonly SearchOrder[] Keys = Enum.GetValues<SearchOrder>();
    static readonly int s_fields = Enum.GetValues<IndexField>().Length;

    public static readonly IndexSnapshot Empty = new()
    {
        Chunks = [], Open = SlotSet.Empty, Private = SlotSet.Empty, Disabled = SlotSet.Empty, Free = [],
        Terms = [.. Enumerable.Repeat(ImmutableDictionary<string, SlotSet>.Empty, s_fields)],
        Orders = [.. Enumerable.Repeat(SlotOrder.Of([]), Keys.Length)],
    };

    readonly ConcurrentDictionary<IndexField, IReadOnlyList<KeyValuePair<string, SlotSet>>> _ranked = new();

    /// <summary>Every change up to this number is in here.</summary>
    public long Change { get; init; }

    /// <summary>The day for which likes of the week and month were counted.</summary>
    public long Day { get; init; }

    public required EntryChunk[] Chunks { get; init; }

    public required ImmutableDictionary<string, SlotSet>[] Terms { get; init; }

    public required SlotOrder[] Orders { get; init; }

    public required SlotSet Open { get; init; }

    public required SlotSet Private { get; init; }

    /// <summary>Taken out of use by an administrator, public or private.</summary>
    public required SlotSet Disabled { get; init; }

    public required ImmutableStack<int> Free { get; init; }

    /// <summary>What was found in this snapshot already, by question.</summary>
    public ConcurrentDictionary<string, FoundSlots> Found { get; } = new();

    public int Slots => Chunks.Length * EntryChunk.Size;

    public int Count => Open.Count + Private.Count + Disabled.Count;

    public IndexedRepository? this[int slot] => Chunks[slot / EntryChunk.Size][slot % EntryChunk.Size];

    public IndexedRepository Get(int slot) => this[slot]!;

    public SlotSet Find(IndexField field, string value) => Terms[(int)field].GetValueOrDefault(value, SlotSet.Empty);

    public SlotOrder Order(SearchOrder key) => Orders[(int)key];

    /// <summary>The slot of a repository, or -1.</summary>
    public int SlotOf(long id)
    {
        var order = Order(SearchOrder.Id);
        var slot = order.At(order.Seek(slot => Get(slot).Id.CompareTo(id)));
        return slot >= 0 && Get(slot).Id == id ? slot : -1;
    }

    public SlotOrder.Place Seek(SearchOrder key, SortPoint point) => Order(key).Seek(slot => SortPoint.Of(Get(slot), key).CompareTo(point));

    /// <summary>The values of a field, those with most repositories first.</summary>
    public IReadOnlyList<KeyValuePair<string, SlotSet>> Ranked(IndexField field) => _ranked.GetOrAdd(field, key =>
    {
        var values = Terms[(int)key].ToArray();
        Array.Sort(values, (a, b) => b.Value.Count.CompareTo(a.Value.Count) is var byCount && byCount != 0 ? byCount : string.CompareOrdinal(a.Key, b.Key));
        return values;
    });

    /// <summary>Takes over the ranks of fields that are the same here as they were before.</summary>
    public IndexSnapshot KeepRanks(IndexSnapshot before)
    {
        foreach (var (field, ranked) in before._ranked)
            if (ReferenceEquals(before.Terms[(int)field], Terms[(int)field])) _ranked[field] = ranked;
        return this;
    }

    /// <summary>The snapshot after these changes.</summary>
    public IndexSnapshot With(IReadOnlyCollection<IndexedRepository> changed, IReadOnlyCollection<long> removed, long change, long day)
    {
        if (changed.Count + removed.Count > Math.Max(1_000, Count / 8)) return IndexRebuild.Of(Everything(changed, removed), change, day);
        var edit = new IndexEdit(this);
        foreach (var repository in changed) edit.Put(repository);
        foreach (var id in removed) edit.Remove(id);
        return edit.ToSnapshot(change, day).KeepRanks(this);
    }

    List<IndexedRepository> Everything(IReadOnlyCollection<IndexedRepository> changed, IReadOnlyCollection<long> removed)
    {
        var all = new Dictionary<long, IndexedRepository>(Count + changed.Count);
        for (var slot = 0; slot < Slots; slot++)
            if (this[slot] is { } entry) all[entry.Id] = entry;
        foreach (var entry in changed) all[entry.Id] = entry;
        foreach (var id in removed) all.Remove(id);
        return [.. all.Values];
    }
}
