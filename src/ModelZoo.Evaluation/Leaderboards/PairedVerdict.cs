using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Leaderboards;

public enum QualityVerdict { Pass, Warn, Inconclusive, Fail }

/// <summary>May a candidate replace a baseline? Decided on the same samples, by margin, hard floor and significance.</summary>
/// <param name="Difference">Of the candidate over the baseline, positive where the candidate is better.</param>
public sealed record PairedVerdict(QualityVerdict Verdict, bool IsImproved, string Reason, double Difference, Interval Ci95, double P)
{
    public const double Margin = 0.005, HardFloor = 0.02, Alpha = 0.05;

    /// <summary>For right or wrong, by the exact McNemar test.</summary>
    /// <param name="onlyBaseline">Samples that only the baseline got right.</param>
    /// <param name="onlyCandidate">Samples that only the candidate got right.</param>
    public static PairedVerdict Of(long n, long onlyBaseline, long onlyCandidate, double margin = Margin, double hardFloor = HardFloor, double alpha = Alpha)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(onlyBaseline + onlyCandidate, n);
        var (difference, error) = ModelComparison.Gap(n, onlyBaseline, onlyCandidate);
        // 1.96 as the rule is written, not the longer quantile.
        return Of(difference, new(difference - 1.96 * error, difference + 1.96 * error), PairedTests.McNemar(onlyBaseline, onlyCandidate).Exact, margin, hardFloor, alpha);
    }

    /// <summary>For other metrics, by the paired bootstrap; of a metric that is better when smaller, bring the negative difference.</summary>
    public static PairedVerdict Of(BootstrapResult result, double margin = Margin, double hardFloor = HardFloor, double alpha = Alpha) =>
        Of(result.Difference, result.Ci95, result.P, margin, hardFloor, alpha);

    /// <summary>The first rule that fits decides. With several primary metrics, bring p after Holm's correction.</summary>
    public static PairedVerdict Of(double difference, Interval ci95, double p, double margin = Margin, double hardFloor = HardFloor, double alpha = Alpha)
    {
        PairedVerdict As(QualityVerdict verdict, string reason, bool improved = false) => new(verdict, improved, reason, difference, ci95, p);
        var (isDrop, isWithin) = (p < alpha && difference < 0, ci95.Low >= -margin);
        if (difference < -hardFloor) return As(QualityVerdict.Fail, "below the hard floor");
        if (isDrop && !isWithin) return As(QualityVerdict.Fail, "significantly worse than the margin allows");
        if (isDrop) return As(QualityVerdict.Warn, "significant, within margin");
        if (isWithin) return p < alpha && difference > 0 ? As(QualityVerdict.Pass, "improved", improved: true) : As(QualityVerdict.Pass, "not inferior");
        return As(QualityVerdict.Inconclusive, "too few samples to tell");
    }
}
