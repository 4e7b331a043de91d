using System.Text;
using ModelZoo.Hub.Accounts;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Search;

/// <summary>Answers lists: filters by sets, orders by walking, counts facets.</summary>
sealed class RepositorySearch(RepositoryIndex index, IndexStore store)
{
    /// <summary>Questions remembered for one snapshot; each takes an eighth of a byte for every repository.</summary>
    const int MostRemembered = 256;

    public const int MaxLimit = 1_000;

    public async Task<SearchPage> FindAsync(SearchQuery query, Actor actor, CancellationToken stop)
    {
        var visible = await index.LookAsync(actor, stop);
        var found = Remember(visible, query);
        var (slots, more) = new SearchPaging(visible.Snapshot, query, found).Take();
        var summaries = query.WithSummaries && slots.Count > 0
            ? await store.SummariesAsync([.. slots.Select(slot => visible.Snapshot.Get(slot).Id)], stop)
            : null;
        return new(
            [.. slots.Select(slot => visible.Snapshot.Get(slot)).Select(entry => new FoundRepository(entry, summaries?.GetValueOrDefault(entry.Id) ?? ""))],
            found.Count,
            more ? SearchCursor.Format(SortPoint.Of(visible.Snapshot.Get(slots[^1]), query.Sort)) : null,
            query.WithFacets ? found.Facets ??= Count(visible, query, found) : new Dictionary<IndexField, IReadOnlyList<FacetCount>>());
    }

    static Dictionary<IndexField, IReadOnlyList<FacetCount>> Count(VisibleIndex visible, SearchQuery query, FoundSlots found) =>
        FacetCounting.Fields.ToDictionary(field => field, field =>
        {
            // A facet shows what else could be chosen instead, so its own filter does not count.
            var without = query.Terms().Any(term => term.Field == field) ? Remember(visible, Without(query, field)) : found;
            return FacetCounting.Top(visible.Snapshot, without, field);
        });

    static SearchQuery Without(SearchQuery query, IndexField field) => field switch
    {
        IndexField.Task => query with { Task = null },
        IndexField.Library => query with { Library = null },
        IndexField.Licence => query with { Licence = null },
        IndexField.Language => query with { Language = null },
        IndexField.Format => query with { Format = null },
        IndexField.Size => query with { Size = null },
        _ => query with { Author = null },
    };

    /// <summary>People look at the same lists again and again, and page through them; nothing is kept beyond the snapshot it is true of.</summary>
    static FoundSlots Remember(VisibleIndex visible, SearchQuery query)
    {
        var memory = visible.Snapshot.Found;
        if (MemoryKey(visible, query) is not { } key) return Match(visible, query);
        if (memory.TryGetValue(key, out var known)) return known;
        var found = Match(visible, query);
        if (memory.Count >= MostRemembered) memory.Clear();
        memory[key] = found;
        return found;
    }

    /// <summary>Null when the actor sees things that others do not.</summary>
    static string? MemoryKey(VisibleIndex visible, SearchQuery query)
    {
        if (!visible.SeesEverything && visible.Hidden.Count > 0) return null;
        var key = new StringBuilder(visible.SeesEverything ? "all" : "open");
        foreach (var term in query.Terms()) key.Append('\n').Append((int)term.Field).Append(term.Value);
        return key.Append('\n').Append(query.MinParameters).Append('-').Append(query.MaxParameters).Append('\n').Append(query.Fits).Append('\n').Append(query.Text.ToLowerInvariant()).ToString();
    }

    internal static FoundSlots Match(VisibleIndex visible, SearchQuery query)
    {
        var snapshot = visible.Snapshot;
        var bits = visible.Bits();
        foreach (var term in query.Terms()) bits.And(snapshot.Find(term.Field, term.Value));
        if (query.MinParameters is not null || query.MaxParameters is not null) bits.And(InRange(snapshot, query.MinParameters ?? 0, query.MaxParameters ?? long.MaxValue));
        if (query.Fits is { } room) bits.And(Fitting(snapshot, room));
        foreach (var word in query.Text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            KeepNamed(snapshot, bits, Encoding.UTF8.GetBytes(word));
        return new(bits);
    }

    /// <summary>Two looks into the order, then a bit for each slot between them: no repository is touched.</summary>
    static SlotBits InRange(IndexSnapshot snapshot, long least, long most)
    {
        var bits = new SlotBits(snapshot.Slots);
        var end = most == long.MaxValue ? snapshot.Order(SearchOrder.Parameters).End : snapshot.Seek(SearchOrder.Parameters, new(most + 1, "", 0));
        snapshot.Order(SearchOrder.Parameters).Between(snapshot.Seek(SearchOrder.Parameters, new(least, "", 0)), end, bits);
        return bits;
    }

    /// <summary>
    /// Two looks into the order of footprints: below the room by more than rounding everything fits, above it nothing; the few between are
    /// compared one by one, and all of them where a device has two memories.
    /// </summary>
    static SlotBits Fitting(IndexSnapshot snapshot, MemoryRoom room)
    {
        var bits = new SlotBits(snapshot.Slots);
        var order = snapshot.Order(SearchOrder.Footprint);
        var known = snapshot.Seek(SearchOrder.Footprint, new(0, "", 0));
        var limit = room.IsSplit ? room.FlashBytes + room.AvailableBytes : room.AvailableBytes - room.RuntimeBytes;
        var slack = 1 + 1e-9 * (Math.Abs(limit) + room.RuntimeBytes);
        var sure = room.IsSplit ? known : Place(limit - slack);
        order.Between(known, sure, bits);
        order.Walk(sure, backward: false, slot =>
        {
            var footprint = snapshot.Get(slot).Footprint;
            if (footprint is { } needed && needed.Bytes > limit + slack) return false;
            if (footprint is { } one && one.Fits(room)) bits[slot] = true;
            return true;
        });
        return bits;

        SlotOrder.Place Place(double bytes) => bytes < 0 ? known : snapshot.Seek(SearchOrder.Footprint, new(bytes >= 9e18 ? long.MaxValue : (long)bytes, "", 0));
    }

    static void KeepNamed(IndexSnapshot snapshot, SlotBits bits, byte[] needle)
    {
        // Scanning all names takes about as long as looking at a few thousand one by one.
        if (bits.Count() is var candidates && candidates < snapshot.Slots / 16)
        {
            foreach (var slot in bits.ToSlots(candidates))
                if (!snapshot.Chunks[slot / EntryChunk.Size].NameContains(slot % EntryChunk.Size, needle)) bits[slot] = false;
            return;
        }
        var named = new SlotBits(snapshot.Slots);
        for (var chunk = 0; chunk < snapshot.Chunks.Length; chunk++) snapshot.Chunks[chunk].Find(needle, chunk * EntryChunk.Size, named);
        bits.And(named);
    }
}
