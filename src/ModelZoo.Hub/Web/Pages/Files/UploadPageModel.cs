using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>Files on their way into a folder of a branch, as one commit.</summary>
public sealed record UploadPageModel(PageFrame Frame, RepositoryHeading Repository, string Branch, string? Folder, FormState Form);
