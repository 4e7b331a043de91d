namespace ModelZoo.Hub.Search;

/// <summary>One page of a list.</summary>
/// <param name="Total">How many there are on all pages.</param>
/// <param name="NextCursor">Null on the last page.</param>
/// <param name="Facets">For each field the values with most repositories, when they were asked for.</param>
sealed record SearchPage(
    IReadOnlyList<FoundRepository> Items, int Total, string? NextCursor, IReadOnlyDictionary<IndexField, IReadOnlyList<FacetCount>> Facets);

/// <param name="Summary">The first words of the card, when they were asked for.</param>
sealed record FoundRepository(IndexedRepository Repository, string Summary);

/// <summary>A value and how many of the results have it, all other filters applied.</summary>
sealed record FacetCount(string Value, int Count);

/// <summary>The slots that answer a question in one snapshot, and what was counted of them so far.</summary>
sealed class FoundSlots(SlotBits bits)
{
    public SlotBits Bits { get; } = bits;

    public int Count { get; } = bits.Count();

    public IReadOnlyDictionary<IndexField, IReadOnlyList<FacetCount>>? Facets { get; set; }
}
