namespace ModelZoo.Bench;

static class Statistics
{
    public static double Median(this IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>"0.97 (0.91–1.02)": the median and the range of the rounds.</summary>
    public static string Spread(this IReadOnlyCollection<double> values) => $"{values.Median():F2} ({values.Min():F2}–{values.Max():F2})";
}
