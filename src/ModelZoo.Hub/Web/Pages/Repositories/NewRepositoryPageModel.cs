namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>The form that makes a repository.</summary>
/// <param name="Kind">model, dataset or space, as first chosen.</param>
/// <param name="Owners">Handles under which the viewer may create.</param>
public sealed record NewRepositoryPageModel(PageFrame Frame, string Kind, IReadOnlyList<string> Owners, FormState Form)
{
    public IReadOnlyList<string> Licenses { get; init; } = [];
}
