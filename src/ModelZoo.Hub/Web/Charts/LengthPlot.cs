namespace ModelZoo.Hub.Web.Charts;

/// <summary>One line of bytes over lengths.</summary>
/// <param name="IsReference">Drawn dashed: what it would be without windows.</param>
public sealed record LengthLine(string Name, IReadOnlyList<double> SizesBytes, bool IsReference = false);

/// <summary>Cache and state of sequences by their length.</summary>
/// <param name="Lengths">Tokens, ascending; every line has a value for each.</param>
/// <param name="RoomBytes">What the weights leave of the device's memory; null when it is not known or nothing is left.</param>
/// <param name="LongestTokens">The longest context the model is made for.</param>
public sealed record LengthPlot(string Finding, IReadOnlyList<double> Lengths, IReadOnlyList<LengthLine> Lines, double? RoomBytes, double? LongestTokens);
