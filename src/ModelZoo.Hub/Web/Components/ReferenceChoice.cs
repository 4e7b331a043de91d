namespace ModelZoo.Hub.Web.Components;

/// <summary>The branches and tags a reader can switch to, each with the address of this same page at that revision.</summary>
/// <param name="Current">The revision shown now, as typed.</param>
public sealed record ReferenceChoice(string Current, IReadOnlyList<ReferenceLink> Branches, IReadOnlyList<ReferenceLink> Tags);

public sealed record ReferenceLink(string Name, Href Link);
