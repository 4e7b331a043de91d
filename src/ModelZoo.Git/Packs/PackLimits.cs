namespace ModelZoo.Git.Packs;

/// <summary>What a reader of packs takes from a stranger.</summary>
public sealed record PackLimits
{
    public long MaxObjects { get; init; } = 2_000_000;

    /// <summary>Largest object that is kept. A larger blob is hashed and named, and its content dropped; any other larger object is refused.</summary>
    public long MaxObjectBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>All objects and deltas together, inflated: what a small pack may grow to.</summary>
    public long MaxTotalBytes { get; init; } = 8L * 1024 * 1024 * 1024;

    /// <summary>Longest chain of deltas; git itself writes at most 4095 (git pack-objects --depth).</summary>
    public int MaxDepth { get; init; } = 4095;
}
