namespace ModelZoo.Evaluation.Leaderboards;

/// <summary>When figures agree, when they do not, and when training data spoils them.</summary>
public static class BoardRules
{
    /// <summary>Share of test items with a hit in the training data from which contamination is weak, and from which it is strong.</summary>
    public const double WeakOverlap = 0.01, StrongOverlap = 0.10;

    /// <summary>A verified value that differs from the stated one by more than max(2·stderr, 0.5 % of the range): both are shown, flagged.</summary>
    /// <param name="range">Of the metric; null: only the error counts.</param>
    public static bool IsMismatch(double verified, double? stderr, double stated, (double Least, double Most)? range) =>
        Math.Abs(verified - stated) > Math.Max(2 * (stderr ?? 0), range is { } limits ? 0.005 * (limits.Most - limits.Least) : 0);

    /// <summary>A run again that bears a value out: within two standard errors, or within 0.001 where nothing is random.</summary>
    public static bool IsReproduced(double stated, double again, double? stderr, bool isDeterministic) =>
        Math.Abs(stated - again) <= (isDeterministic ? 0.001 : 2 * (stderr ?? 0));

    /// <param name="overlap">Share of test items that share a 13-gram with the training text; null: not computed.</param>
    /// <param name="holdsSplit">The training data's lineage contains the evaluated split, or rows of it are in there by hash.</param>
    /// <param name="isDeclared">Somebody with the knowledge says so.</param>
    /// <param name="isSuspected">The data source predates the test data or overlaps statistically.</param>
    /// <param name="published">When the test data became public: a result from before cannot have learnt from it by accident.</param>
    public static ContaminationLevel Contamination(double? overlap, bool holdsSplit, bool isDeclared, bool isSuspected, DateTimeOffset? published, DateTimeOffset? result)
    {
        if (holdsSplit || isDeclared || overlap >= StrongOverlap) return ContaminationLevel.Strong;
        if (overlap >= WeakOverlap || isSuspected) return published is { } day && result < day ? ContaminationLevel.NoneKnown : ContaminationLevel.Weak;
        return ContaminationLevel.NoneKnown;
    }
}
