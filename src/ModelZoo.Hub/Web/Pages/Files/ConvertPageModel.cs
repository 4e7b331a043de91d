using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>What a revision's weights can become.</summary>
public sealed record ConvertPageModel(PageFrame Frame, RepositoryHeading Repository, string Revision, FormState Form)
{
    public IReadOnlyList<Choice> Formats { get; init; } = [];

    public IReadOnlyList<Choice> Types { get; init; } = [];
}
