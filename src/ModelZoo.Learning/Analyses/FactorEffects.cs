namespace ModelZoo.Learning.Analyses;

/// <summary>What a metric came to at one value of a factor.</summary>
public sealed record FactorLevel(string Value, int Count, double Mean, double StandardDeviation);

/// <summary>How much of a metric's variation goes with a factor.</summary>
/// <param name="Explained">η²: squares between the levels over all squares; null when the metric does not vary. Levels with few members explain by chance.</param>
/// <param name="Chance">What as many levels would explain on average if the factor meant nothing: (levels − 1)/(members − 1).</param>
public sealed record FactorEffect(string Factor, IReadOnlyList<FactorLevel> Levels, double? Explained, double Chance)
{
    /// <summary>Effects of all factors that vary, the strongest first.</summary>
    /// <param name="members">Factor values and the metric of each member.</param>
    public static IReadOnlyList<FactorEffect> Of(IReadOnlyList<(IReadOnlyDictionary<string, string> Factors, double Metric)> members)
    {
        var finite = members.Where(member => double.IsFinite(member.Metric)).ToList();
        return [.. finite.SelectMany(member => member.Factors.Keys).Distinct().Select(factor => Of(factor, finite)).Where(effect => effect.Levels.Count > 1)
            .OrderByDescending(effect => effect.Explained ?? -1).ThenBy(effect => effect.Factor, StringComparer.Ordinal)];
    }

    static FactorEffect Of(string factor, List<(IReadOnlyDictionary<string, string> Factors, double Metric)> members)
    {
        var with = members.Where(member => member.Factors.ContainsKey(factor)).ToList();
        var mean = with.Average(member => member.Metric);
        var total = with.Sum(member => Math.Pow(member.Metric - mean, 2));
        var levels = with.GroupBy(member => member.Factors[factor]).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            var center = group.Average(member => member.Metric);
            return new FactorLevel(group.Key, group.Count(), center, Math.Sqrt(group.Average(member => Math.Pow(member.Metric - center, 2))));
        }).ToList();
        return new(factor, levels, total > 0 ? levels.Sum(level => level.Count * Math.Pow(level.Mean - mean, 2)) / total : null, with.Count > 1 ? (levels.Count - 1.0) / (with.Count - 1) : 1);
    }
}
