namespace ModelZoo.Evaluation.Metrics;

/// <summary>What is known of a metric by its name alone.</summary>
/// <param name="Name">Its own name; others may lead to it.</param>
/// <param name="Range">Null: no bounds on one side or both.</param>
public sealed record MetricFacts(string Name, bool HigherIsBetter, (double Least, double Most)? Range)
{
    /// <summary>A value outside the range, or none at all.</summary>
    public bool Allows(double value) => double.IsFinite(value) && (Range is not { } range || (value >= range.Least && value <= range.Most));

    /// <summary>True for scores from 0 to 1, which files of others also write in percent.</summary>
    public bool IsShare => Range == (0, 1);
}
