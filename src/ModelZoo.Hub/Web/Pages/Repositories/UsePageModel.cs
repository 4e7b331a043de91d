using ModelZoo.Hub.Web.Components;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>Every way to use what a commit holds, one of them open.</summary>
public sealed record UsePageModel(PageFrame Frame, RepositoryHeading Repository)
{
    public ReferenceChoice? References { get; init; }
    public string? CommitId { get; init; }
    public IReadOnlyList<SnippetFile> Files { get; init; } = [];
    public SnippetFile? Chosen { get; init; }
}
