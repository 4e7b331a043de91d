namespace ModelZoo.Hub.Web.Charts;

/// <summary>A child on its parent's line, or a soup of children.</summary>
/// <param name="Value">Where it stands; null for those that have none, which stand at the left.</param>
public readonly record struct FamilyChild(string Name, double? Value, bool IsFailed, bool IsSoup = false);

/// <summary>A member with children.</summary>
/// <param name="Depth">0 for those that come from nothing.</param>
public sealed record FamilyRow(string Name, int Depth, int Group, IReadOnlyList<FamilyChild> Children);

/// <summary>Who descends from whom: a line for each parent, on it its children by a measure.</summary>
public sealed record FamilyPlot(string Finding, string Measure, double Low, double High, IReadOnlyList<FamilyRow> Rows);

/// <summary>Pairs of one kind by what lies between them.</summary>
public sealed record BarrierRowPlot(string Name, IReadOnlyList<double> Barriers);

/// <param name="ConnectedUpTo">Pairs up to here can be averaged.</param>
public sealed record BarrierPlot(string Finding, double ConnectedUpTo, IReadOnlyList<BarrierRowPlot> Rows);
