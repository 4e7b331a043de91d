namespace ModelZoo.Hub.Search;

/// <summary>Takes one page out of the slots that were found, in order, without sorting them all.</summary>
sealed class SearchPaging(IndexSnapshot snapshot, SearchQuery query, FoundSlots found)
{
    readonly SortPoint? _after = query.Cursor is { Length: > 0 } cursor ? SearchCursor.Parse(cursor) : null;

    public (IReadOnlyList<int> Slots, bool More) Take()
    {
        if (found.Count == 0) return ([], false);
        // A walk passes this many slots until the page is full, if results lie evenly; sorting touches each result a few times.
        var walk = (long)snapshot.Count * (query.Limit + 1) / found.Count;
        var slots = Math.Min(walk, snapshot.Count) > found.Count * 8L ? Sort() : Walk();
        var more = slots.Count > query.Limit;
        if (more) slots.RemoveAt(slots.Count - 1);
        return (slots, more);
    }

    List<int> Walk()
    {
        var order = snapshot.Order(query.Sort);
        var taken = new List<int>(Math.Min(query.Limit + 1, found.Count));
        var start = _after is not { } point ? (query.Ascending ? order.Start : order.End)
            : query.Ascending ? snapshot.Seek(query.Sort, point with { Id = point.Id + 1 }) : snapshot.Seek(query.Sort, point);
        order.Walk(start, backward: !query.Ascending, slot =>
        {
            if (found.Bits[slot]) taken.Add(slot);
            return taken.Count <= query.Limit;
        });
        return taken;
    }

    List<int> Sort()
    {
        var slots = found.Bits.ToSlots(found.Count);
        var points = Array.ConvertAll(slots, slot => SortPoint.Of(snapshot.Get(slot), query.Sort));
        var direction = query.Ascending ? 1 : -1;
        Array.Sort(points, slots, Comparer<SortPoint>.Create((a, b) => direction * a.CompareTo(b)));
        var first = 0;
        if (_after is { } after)
            while (first < points.Length && direction * points[first].CompareTo(after) <= 0) first++;
        return [.. slots.Skip(first).Take(query.Limit + 1)];
    }
}
