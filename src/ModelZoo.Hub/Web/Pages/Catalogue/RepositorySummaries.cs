using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Catalogue;

/// <summary>Found repositories as lines of a list.</summary>
static class RepositorySummaries
{
    public static IReadOnlyList<RepositorySummary> Of(IEnumerable<FoundRepository> found) => [.. found.Select(Of)];

    public static RepositorySummary Of(FoundRepository found) => Of(found.Repository) with { Description = found.Summary };

    public static RepositorySummary Of(IndexedRepository entry) =>
        new(RepositoryPageParts.Links(entry.Repository), DateTimeOffset.FromUnixTimeMilliseconds(entry.Repository.UpdatedAt))
        {
            IsPrivate = entry.Repository.IsPrivate,
            PipelineTag = entry.PipelineTag,
            Library = entry.LibraryName,
            License = entry.Licence,
            ParameterCount = entry.Parameters,
            SizeBytes = entry.SizeBytes,
            Formats = entry.Repository.Kind == RepositoryKind.Model ? [.. entry.Values(IndexField.Format)] : [],
            Downloads = entry.Repository.Downloads,
            Likes = entry.Repository.Likes,
        };
}
