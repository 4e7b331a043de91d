namespace ModelZoo.Hub.Web.Components;

/// <summary>One step of the taxon line, for instance transformer › GPT-2 › 0.74 M; a filter where the list has one.</summary>
public sealed record TaxonStep(string Text, Href? Link = null);

/// <summary>What stands above every page of a repository.</summary>
public sealed record RepositoryHeading(RepositoryLinks Links, string DefaultBranch)
{
    public bool IsPrivate { get; init; }
    public string? Description { get; init; }
    public IReadOnlyList<TaxonStep> Taxon { get; init; } = [];
    public long Downloads { get; init; }
    public long Likes { get; init; }
    public bool LikedByViewer { get; init; }
    public int? FileCount { get; init; }
    public long? CommitCount { get; init; }

    /// <summary>How many discussions and pull requests are open.</summary>
    public long OpenDiscussions { get; init; }
    /// <summary>Scores that a model's files state.</summary>
    public long ScoreCount { get; init; }

    /// <summary>A dataset with an eval.yaml.</summary>
    public bool IsBenchmark { get; init; }

    /// <summary>The revision holds many models from one blueprint.</summary>
    public bool IsPopulation { get; init; }

    /// <summary>A model of a kind that is fine-tuned here.</summary>
    public bool IsTunable { get; init; }
    public bool MayWrite { get; init; }
    public bool MayAdminister { get; init; }

    /// <summary>What this was forked from, when the viewer may see that.</summary>
    public RepositoryLinks? Origin { get; init; }

    /// <summary>The branch, tag or commit that the page shows; null for the default branch.</summary>
    public string? Revision { get; init; }

    public string ShownRevision => Revision ?? DefaultBranch;
}
