using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>One line of the list of files beside the card.</summary>
public sealed record FileFact(string Path, long SizeBytes);

/// <summary>A score that the card or a results file states. <paramref name="Standing"/> is verified, claimed, reported or stale.</summary>
public sealed record ScoreFact(string Benchmark, string Metric, string Value, string Standing);

/// <summary>A repository this one is made from, or that is made from it.</summary>
/// <param name="Relation">finetune, adapter, quantized, merge, dataset.</param>
/// <param name="Link">Null when it is not on this hub or the viewer may not see it.</param>
public sealed record RelatedRepository(string Id, string Relation, Href? Link);

/// <summary>A source of a soup or merge, as its recipe names it.</summary>
/// <param name="Link">The member's page, or the model's; null when it is not on this hub or the viewer may not see it.</param>
public sealed record RecipeFact(string Text, Href? Link);

/// <summary>What a soup or merge was made of.</summary>
/// <param name="Says">Which method, of how many.</param>
/// <param name="More">Sources that are not named here.</param>
/// <param name="Population">The population of its sources, with what was made of it.</param>
public sealed record RecipeFacts(string Kind, string Says, IReadOnlyList<RecipeFact> Sources, int More, RecipeFact? Base, RecipeFact? Population);

/// <param name="Points">0 to 100.</param>
public sealed record Completeness(int Points, IReadOnlyList<string> Missing);

/// <summary>The front page of a repository: what it is, and how to get it.</summary>
public sealed record CardPageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public IReadOnlyList<PlateFact> Plate { get; init; } = [];
    /// <summary>On the reader's device; null where no time can be told.</summary>
    public RooflinePlot? Roofline { get; init; }

    public string? Device { get; init; }
    public IReadOnlyList<SnippetFile> Snippets { get; init; } = [];
    public SanitisedHtml Card { get; init; }
    public IReadOnlyList<Finding> Findings { get; init; } = [];
    public Completeness? Score { get; init; }
    public IReadOnlyList<FileFact> Files { get; init; } = [];
    public int FileCount { get; init; }
    public long TotalBytes { get; init; }
    /// <summary>Of a soup or merge.</summary>
    public RecipeFacts? Recipe { get; init; }

    public IReadOnlyList<RelatedRepository> MadeFrom { get; init; } = [];
    public IReadOnlyList<RelatedRepository> UsedBy { get; init; } = [];
    public IReadOnlyList<ScoreFact> Scores { get; init; } = [];
    public IReadOnlyList<TaxonStep> Tags { get; init; } = [];
    public CommitLine? LastCommit { get; init; }

    /// <summary>Commit in which the card was read; null for a repository without commits.</summary>
    public string? CommitId { get; init; }
}
