using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>The form by which results are handed in, and what became of the last ones.</summary>
public sealed record SubmitPageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public IReadOnlyList<Choice> Tasks { get; init; } = [];
    public string? Task { get; init; }
    public FormState Form { get; init; } = FormState.Empty;

    /// <summary>What was accepted, one line each; empty before anything was sent.</summary>
    public IReadOnlyList<string> Accepted { get; init; } = [];
    public IReadOnlyList<string> Findings { get; init; } = [];
    public string? Outcome { get; init; }
    public Href? Link { get; init; }
}
