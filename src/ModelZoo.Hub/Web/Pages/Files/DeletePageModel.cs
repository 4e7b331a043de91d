using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>Asks once before a file or folder leaves a branch.</summary>
public sealed record DeletePageModel(PageFrame Frame, RepositoryHeading Repository, string Branch, string Path, bool IsFolder, int FileCount, string? ParentId, FormState Form);
