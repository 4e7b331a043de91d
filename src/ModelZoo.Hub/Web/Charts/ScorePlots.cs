namespace ModelZoo.Hub.Web.Charts;

/// <summary>By whose word a score stands, as marks show it: shape and colour, with the word in the table.</summary>
public static class ScoreMarksKey
{
    /// <summary>In the order of their shapes: disc, diamond, triangle, square, bar.</summary>
    public static readonly IReadOnlyList<string> Words = ["verified", "reproduced", "reported", "claimed", "stale"];
}

/// <summary>A model by quality and cost.</summary>
/// <param name="Group">Place of its standing in <see cref="ScoreMarksKey.Words"/>.</param>
public sealed record CostDot(string Name, double Cost, string CostText, double Value, string ValueText, int Group, bool IsOnFront);

/// <summary>Quality over cost. The axis of cost is logarithmic; the line joins those that nobody dominates.</summary>
/// <param name="Axis">As <c>parameters</c>.</param>
public sealed record CostPlot(string Finding, string Metric, string Axis, bool HigherIsBetter, IReadOnlyList<CostDot> Dots);

/// <summary>A result in time.</summary>
/// <param name="IsRecord">It was better than everything before it.</param>
public sealed record TimeDot(string Name, DateTimeOffset At, double Value, string ValueText, int Group, bool IsRecord);

/// <summary>All results by their dates, and the best so far as steps.</summary>
public sealed record FrontierPlot(string Finding, string Metric, bool HigherIsBetter, IReadOnlyList<TimeDot> Dots);

/// <summary>A score with its interval.</summary>
public sealed record IntervalLine(string Name, double Value, double? Low, double? High, string Text, int Group);

/// <summary>The leading scores with their 95 % intervals, below one another.</summary>
public sealed record IntervalPlot(string Finding, string Metric, IReadOnlyList<IntervalLine> Lines)
{
    /// <summary>What the groups of lines are.</summary>
    public IReadOnlyList<string> Groups { get; init; } = ScoreMarksKey.Words;
}
