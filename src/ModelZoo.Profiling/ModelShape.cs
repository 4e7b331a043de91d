namespace ModelZoo.Profiling;

/// <summary>The dimensions of an architecture, as far as they are known.</summary>
public sealed record ModelShape
{
    public long? Layers { get; init; }
    public long? Hidden { get; init; }
    public long? Heads { get; init; }
    public long? KeyValueHeads { get; init; }
    public long? HeadSize { get; init; }
    public long? FeedForward { get; init; }
    public long? Vocabulary { get; init; }

    /// <summary>Longest context in tokens.</summary>
    public long? MaxContext { get; init; }

    public long? Experts { get; init; }
    public long? ExpertsPerToken { get; init; }
    public long? SharedExperts { get; init; }
    public long? ExpertFeedForward { get; init; }
    public long? StateSize { get; init; }
    public long? Window { get; init; }
    public long? ImageSize { get; init; }
    public long? PatchSize { get; init; }
    public bool? TiedHead { get; init; }

    /// <summary>Image tokens that one picture adds to a prompt; vision-language models.</summary>
    public long? TokensPerImage { get; init; }
}
