namespace ModelZoo.Hub.Web.Charts;

/// <summary>A member on the map.</summary>
/// <param name="Group">Index into the groups of the plot; members of none have −1.</param>
public readonly record struct MapPoint(string Name, double X, double Y, int Group);

/// <summary>Members by two directions of weight space. Groups differ in shape and colour.</summary>
/// <param name="AcrossAxis">As <c>direction 1, 22 %</c>.</param>
public sealed record MapPlot(string Finding, string AcrossAxis, string UpAxis, IReadOnlyList<string> Groups, IReadOnlyList<MapPoint> Points);

/// <summary>What share of the variance each principal direction explains.</summary>
public sealed record ScreePlot(string Finding, IReadOnlyList<double> Shares);

/// <summary>A mark's shape and colour, so that 36 groups can be told apart.</summary>
static class MapMarks
{
    public static int Shape(int group) => (group + group / 6) % 6;

    public static int Color(int group) => group % 6;
}
