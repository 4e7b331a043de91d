namespace ModelZoo.Hub.Web.Components;

/// <summary>One of the six facts on a model's plate.</summary>
/// <param name="Value">Null when nobody measured it; the plate then says so.</param>
/// <param name="Note">Precision, or where the value came from: read from the files, claimed by the card.</param>
/// <param name="Exact">The full value behind a rounded one.</param>
/// <param name="Explanation">For a missing fact: the anchor on the page that says why.</param>
public sealed record PlateFact(string Label, string? Value, string? Note = null, string? Exact = null, string Explanation = "not-measured");
