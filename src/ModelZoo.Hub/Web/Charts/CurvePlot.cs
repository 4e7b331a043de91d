namespace ModelZoo.Hub.Web.Charts;

/// <summary>A value at an epoch.</summary>
public readonly record struct CurvePoint(int Epoch, double Value);

/// <summary>Quartiles of a group at an epoch.</summary>
public sealed record CurveBand(int Epoch, double Low, double Median, double High, int Count);

/// <summary>How members of one group went over their epochs. Several of them share their axes.</summary>
/// <param name="Title">The group.</param>
/// <param name="Lines">Some or all members; each in the order of its epochs.</param>
/// <param name="Low">Of the axis of values, like <paramref name="High"/>.</param>
public sealed record CurvePlot(string Finding, string Title, string Measure, int LastEpoch, double Low, double High, IReadOnlyList<IReadOnlyList<CurvePoint>> Lines, IReadOnlyList<CurveBand> Bands)
{
    /// <summary>Colour of the group.</summary>
    public int Group { get; init; }
}
