using System.Collections.Immutable;

namespace ModelZoo.Hub.Search;

/// <summary>Makes the next snapshot out of one and a few changes, copying only the blocks that a change touches.</summary>
sealed class IndexEdit(IndexSnapshot before)
{
    readonly List<EntryChunk> _chunks = [.. before.Chunks];
    readonly ImmutableDictionary<string, SlotSet>[] _terms = [.. before.Terms];
    readonly SlotOrder[] _orders = [.. before.Orders];
    SlotSet _open = before.Open;
    SlotSet _private = before.Private;
    SlotSet _disabled = before.Disabled;
    ImmutableStack<int> _free = before.Free;

    public void Put(IndexedRepository entry)
    {
        var slot = SlotOf(entry.Id);
        if (slot < 0)
        {
            slot = TakeSlot();
            Set(slot, entry);
            foreach (var term in entry.Terms()) Add(term, slot);
            foreach (var key in IndexSnapshot.Keys) Insert(key, slot, entry);
        }
        else
        {
            var old = Get(slot);
            var (had, has) = (old.Terms().ToHashSet(), entry.Terms().ToHashSet());
            foreach (var term in had.Except(has)) Subtract(term, slot);
            foreach (var term in has.Except(had)) Add(term, slot);
            foreach (var key in IndexSnapshot.Keys)
                if (SortPoint.Of(old, key) != SortPoint.Of(entry, key)) Remove(key, slot, old);
            var moved = IndexSnapshot.Keys.Where(key => SortPoint.Of(old, key) != SortPoint.Of(entry, key)).ToList();
            Set(slot, entry);
            foreach (var key in moved) Insert(key, slot, entry);
        }
        var (disabled, hidden) = (entry.Repository.DisabledAt is not null, entry.Repository.IsPrivate);
        _disabled = disabled ? _disabled.With(slot) : _disabled.Without(slot);
        _private = hidden && !disabled ? _private.With(slot) : _private.Without(slot);
        _open = !hidden && !disabled ? _open.With(slot) : _open.Without(slot);
    }

    public void Remove(long id)
    {
        var slot = SlotOf(id);
        if (slot < 0) return;
        var old = Get(slot);
        foreach (var term in old.Terms()) Subtract(term, slot);
        foreach (var key in IndexSnapshot.Keys) Remove(key, slot, old);
        (_open, _private, _disabled) = (_open.Without(slot), _private.Without(slot), _disabled.Without(slot));
        Set(slot, null);
        _free = _free.Push(slot);
    }

    public IndexSnapshot ToSnapshot(long change, long day) => new()
    {
        Change = change, Day = day, Chunks = [.. _chunks], Terms = _terms, Orders = _orders,
        Open = _open, Private = _private, Disabled = _disabled, Free = _free,
    };

    IndexedRepository Get(int slot) => _chunks[slot / EntryChunk.Size][slot % EntryChunk.Size]!;

    void Set(int slot, IndexedRepository? entry) =>
        _chunks[slot / EntryChunk.Size] = _chunks[slot / EntryChunk.Size].With(slot % EntryChunk.Size, entry);

    int SlotOf(long id)
    {
        var order = _orders[(int)SearchOrder.Id];
        var slot = order.At(order.Seek(slot => Get(slot).Id.CompareTo(id)));
        return slot >= 0 && Get(slot).Id == id ? slot : -1;
    }

    int TakeSlot()
    {
        if (_free.IsEmpty)
        {
            var first = _chunks.Count * EntryChunk.Size;
            _chunks.Add(EntryChunk.Of([]));
            for (var slot = first + EntryChunk.Size - 1; slot >= first; slot--) _free = _free.Push(slot);
        }
        _free = _free.Pop(out var free);
        return free;
    }

    void Add(IndexTerm term, int slot)
    {
        ref var values = ref _terms[(int)term.Field];
        values = values.SetItem(term.Value, values.GetValueOrDefault(term.Value, SlotSet.Empty).With(slot));
    }

    void Subtract(IndexTerm term, int slot)
    {
        ref var values = ref _terms[(int)term.Field];
        var rest = values.GetValueOrDefault(term.Value, SlotSet.Empty).Without(slot);
        values = rest.Count == 0 ? values.Remove(term.Value) : values.SetItem(term.Value, rest);
    }

    void Insert(SearchOrder key, int slot, IndexedRepository entry) =>
        _orders[(int)key] = _orders[(int)key].With(slot, Against(key, SortPoint.Of(entry, key)));

    void Remove(SearchOrder key, int slot, IndexedRepository entry) =>
        _orders[(int)key] = _orders[(int)key].Without(slot, Against(key, SortPoint.Of(entry, key)));

    Func<int, int> Against(SearchOrder key, SortPoint point) => slot => SortPoint.Of(Get(slot), key).CompareTo(point);
}
