namespace ModelZoo.Hub.Web.Components;

/// <summary>One thing a list can be narrowed by, with the values that occur and how often.</summary>
public sealed record Facet(string Title, IReadOnlyList<FacetValue> Values);

/// <param name="Link">The same list with this value added, or, when it is chosen, without it.</param>
public sealed record FacetValue(string Label, long Count, bool Chosen, Href Link);
