namespace ModelZoo.Profiling.Tensors;

/// <summary>Compares what headers hold with what the configuration predicts: mislabelled forks, truncated uploads and stale configurations show here.</summary>
static class CrossCheck
{
    public static Profile Apply(Profile profile, Blueprint blueprint, TensorSums sums)
    {
        var predicted = blueprint.Weights.Parameters;
        var difference = sums.Parameters - predicted;
        if (difference == 0) return profile with { IsVerified = true };
        var cause = Cause(blueprint, sums, difference);
        return profile with
        {
            IsVerified = cause is not null,
            Notices = [.. profile.Notices, cause ?? $"The configuration predicts {predicted:N0} parameters, the headers hold {sums.Parameters:N0} ({difference:+#,0;-#,0}): another model's configuration, an unfinished upload, or a variant that is not known here."],
        };
    }

    /// <summary>A difference with a known reason; null otherwise.</summary>
    static string? Cause(Blueprint blueprint, TensorSums sums, long difference)
    {
        var headDifference = sums.Of(Component.Head) - blueprint.Weights.Of(Component.Head);
        if (headDifference == difference) return $"The file's head has {difference:+#,0;-#,0} parameters beside what the configuration says.";
        if (blueprint.Shape.Hidden is > 0 and var h && blueprint.Shape.Vocabulary is { } vocabulary)
        {
            var width = blueprint.Shape.TiedHead == false ? 2 * h : h;
            if (difference % width == 0 && Math.Abs(difference / width) <= Math.Max(4096, vocabulary / 50)) return $"The vocabulary is padded or cut by {difference / width:+#,0;-#,0} rows.";
        }
        if (blueprint.Parts.Count > 0 && difference > 0 && difference < blueprint.Weights.Parameters / 20) return $"{difference:N0} parameters join the parts (projectors); the configuration does not describe them.";
        if (difference == blueprint.DraftParameters) return "The file holds extra prediction layers.";
        return null;
    }
}
