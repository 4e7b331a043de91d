namespace ModelZoo.Hub.Search;

/// <summary>Counts, for a field, how many of the found repositories have each value.</summary>
static class FacetCounting
{
    public const int Shown = 12;

    /// <summary>Below this many results their entries are looked at one by one; above, sets are intersected.</summary>
    const int FewResults = 1_000;

    public static readonly IReadOnlyList<IndexField> Fields =
        [IndexField.Task, IndexField.Library, IndexField.Licence, IndexField.Language, IndexField.Format, IndexField.Size, IndexField.Author];

    public static IReadOnlyList<FacetCount> Top(IndexSnapshot snapshot, FoundSlots found, IndexField field) =>
        found.Count < FewResults ? FromEntries(snapshot, found, field) : FromSets(snapshot, found, field);

    static List<FacetCount> FromEntries(IndexSnapshot snapshot, FoundSlots found, IndexField field)
    {
        var counts = new Dictionary<string, int>();
        foreach (var slot in found.Bits.ToSlots(found.Count))
            foreach (var value in snapshot.Get(slot).Values(field)) counts[value] = counts.GetValueOrDefault(value) + 1;
        return Best([.. counts.Select(pair => new FacetCount(pair.Key, pair.Value))]);
    }

    /// <summary>Largest sets first, so that it can stop at the first that is too small to come in.</summary>
    static List<FacetCount> FromSets(IndexSnapshot snapshot, FoundSlots found, IndexField field)
    {
        var best = new List<FacetCount>(Shown + 1);
        foreach (var (value, set) in snapshot.Ranked(field))
        {
            if (best.Count == Shown && set.Count < best[^1].Count) break;
            var count = found.Bits.CountAnd(set);
            if (count == 0 || (best.Count == Shown && count < best[^1].Count)) continue;
            best = Best([.. best, new(value, count)]);
        }
        return best;
    }

    static List<FacetCount> Best(List<FacetCount> counts)
    {
        counts.Sort((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : string.CompareOrdinal(a.Value, b.Value));
        return counts.Count > Shown ? counts[..Shown] : counts;
    }
}
