using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>What every page of a population has: the heading, the revision, its tabs.</summary>
/// <param name="Tab">One of <see cref="PopulationTab.All"/>.</param>
/// <param name="Commit">The full id of the commit that is shown.</param>
public sealed record PopulationFrame(PageFrame Frame, RepositoryHeading Repository, ReferenceChoice References, PopulationLinks Links, string Tab, string Commit)
{
    /// <summary>Why there is nothing to show: the files are damaged.</summary>
    public string? Problem { get; init; }

    /// <summary>The viewer may start work on this branch.</summary>
    public bool MayRun { get; init; }

    /// <summary>The work that goes on here, when there is some that changes this page.</summary>
    public MovingWork? Moving { get; init; }

    /// <summary>After so many seconds the page asks again; null for one that stands still.</summary>
    public int? RefreshSeconds => Moving?.Seconds;

    /// <summary>The population's name.</summary>
    public string Name { get; init; } = "";

    public string Title => PopulationTab.All.FirstOrDefault(tab => tab.Name == Tab)?.Title ?? "Population";
}

/// <summary>A job that trains or analyses what the page shows.</summary>
/// <param name="Job">Its page, for those who may see it.</param>
/// <param name="Seconds">Null where the reader holds the page still.</param>
/// <param name="Other">This page held still, or following again.</param>
public sealed record MovingWork(string Says, Href? Job, int? Seconds, Href Other);

/// <summary>A choice among links, as a row of tabs.</summary>
public sealed record LinkChoice(string Name, IReadOnlyList<Catalogue.SortLink> Links);

/// <summary>A figure that no analysis has computed yet, and what computes it.</summary>
public sealed record MissingAnalysis(string Name, string Says);
