namespace ModelZoo.Hub.Web.Estimates;

/// <summary>One figure as a page says it.</summary>
/// <param name="Value">Null when it is not measured; <paramref name="How"/> then says why.</param>
/// <param name="Exact">The full value, unit included.</param>
/// <param name="Origin">measured, header, config, declared, estimate; null for what follows from the scenario.</param>
/// <param name="How">The formula with the numbers in it, or the source.</param>
public sealed record FactLine(string Label, string? Value, string? Exact = null, string? Origin = null, string? How = null);

/// <summary>An assumption that was used, and where it comes from.</summary>
public sealed record AssumptionLine(string Name, string Value, string Source);
