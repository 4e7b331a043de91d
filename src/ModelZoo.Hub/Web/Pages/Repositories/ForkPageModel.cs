using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>The form that makes a repository out of another.</summary>
/// <param name="Owners">Handles under which the viewer may create.</param>
/// <param name="MayPublish">Whether the copy may be public.</param>
public sealed record ForkPageModel(PageFrame Frame, RepositoryHeading Repository, IReadOnlyList<string> Owners, bool MayPublish, FormState Form);
