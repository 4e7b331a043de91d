using System.Globalization;
using ModelZoo.Evaluation.Metrics;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>The checks that all formats share.</summary>
static class ValueRules
{
    /// <summary>Parts of the names of metrics that we do not know and that are better when smaller.</summary>
    static readonly string[] s_smaller = ["perplexity", "ppl", "bits_per", "latency", "runtime", "error", "loss", "ece", "toxic", "bias", "edit_distance", "calibration", "seconds"];

    /// <summary>The value, divided by 100 where the format declares percentages and the metric is a share.</summary>
    /// <exception cref="EvaluationException">It is not finite, or outside the metric's range.</exception>
    public static double Value(string place, string metric, double stated, bool isPercent = false)
    {
        if (!double.IsFinite(stated)) throw new EvaluationException($"{place}: the value of '{metric}' is not finite.");
        if (MetricCatalogue.FindFacts(metric) is not { } facts) return stated;
        var value = isPercent && facts.IsShare ? stated / 100 : stated;
        if (facts.Allows(value)) return value;
        var range = facts.Range!.Value;
        throw new EvaluationException(string.Create(CultureInfo.InvariantCulture,
            $"{place}: the value {stated} of '{metric}' is outside {range.Least}..{range.Most}{(facts.IsShare && stated is > 1 and <= 100 ? "; write a share, not a percentage" : "")}."));
    }

    public static bool HigherIsBetter(string metric) => MetricCatalogue.FindFacts(metric)?.HigherIsBetter ?? !s_smaller.Any(part => metric.Contains(part, StringComparison.OrdinalIgnoreCase));

    public static double? Error(string place, string metric, double? stated) => stated switch
    {
        null => null,
        _ when !double.IsFinite(stated.Value) => throw new EvaluationException($"{place}: the standard error of '{metric}' is not finite."),
        < 0 => throw new EvaluationException($"{place}: the standard error of '{metric}' is negative."),
        _ => stated,
    };

    /// <exception cref="EvaluationException">The moment lies ahead, by more than a clock may be wrong.</exception>
    public static DateTimeOffset? Moment(string place, double? unixSeconds, SubmissionOptions options)
    {
        if (unixSeconds is not { } seconds) return null;
        if (!(seconds is > 0 and < 253402300799)) throw new EvaluationException($"{place}: the date is no moment in time.");
        var moment = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        if (moment > options.Now.AddDays(1)) throw new EvaluationException($"{place}: the date {moment:yyyy-MM-dd} lies in the future.");
        return moment;
    }

    /// <summary>Why a score of such a revision may not be ranked; null where it is the one that is meant, or none is.</summary>
    public static string? Revision(string? stated, SubmissionOptions options) =>
        options.TargetRevision is { } target && !string.Equals(stated, target, StringComparison.OrdinalIgnoreCase) ? "revision unknown" : null;
}
