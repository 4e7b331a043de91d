namespace ModelZoo.Hub.Web.Charts;

/// <summary>A peak rate of the device.</summary>
/// <param name="Rate">FLOP/s.</param>
/// <param name="IsUsed">The arithmetic of this model runs at it.</param>
public sealed record Roof(string Formats, double Rate, bool IsUsed);

/// <summary>One batch, phase or operator.</summary>
/// <param name="Intensity">FLOP per byte.</param>
/// <param name="Rate">FLOP/s that it reaches by the estimate.</param>
/// <param name="Group">Points of one group share colour and shape.</param>
public sealed record RoofPoint(string Name, double Intensity, double Rate, string Bound, string Time, int Group = 0);

/// <summary>The ceilings of a device and where a model stands below them.</summary>
/// <param name="Bandwidth">Bytes per second.</param>
/// <param name="Finding">The sentence that the chart makes visible.</param>
public sealed record RooflinePlot(string Finding, double Bandwidth, IReadOnlyList<Roof> Roofs, IReadOnlyList<RoofPoint> Points)
{
    /// <summary>Few words, for the column beside a card.</summary>
    public bool IsSmall { get; init; }
}
