namespace ModelZoo.Hub.Kernel;

/// <summary>Ranges of parameter counts that lists are narrowed by.</summary>
static class SizeBucket
{
    static readonly (long Below, string Name)[] s_buckets =
        [(10_000_000, "0-10M"), (100_000_000, "10M-100M"), (1_000_000_000, "100M-1B"), (10_000_000_000, "1B-10B"), (100_000_000_000, "10B-100B"), (long.MaxValue, "100B+")];

    /// <summary>Smallest first.</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_buckets.Select(bucket => bucket.Name)];

    public static string Of(long parameters)
    {
        foreach (var (below, name) in s_buckets)
            if (parameters < below) return name;
        return s_buckets[^1].Name;
    }
}
