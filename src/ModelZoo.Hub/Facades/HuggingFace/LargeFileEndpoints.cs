using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Which large contents a repository holds.</summary>
static class LargeFileEndpoints
{
    const int PageSize = 1_000;

    public static void Map(IEndpointRouteBuilder app) => app.MapGet($"{HuggingFaceRoutes.Repository}/lfs-files", ListAsync);

    static async Task<IResult> ListAsync(WritableRepository repository, HttpContext http, BlobLinkStore links, PublicAddress address, CancellationToken stop)
    {
        var skip = Query.Cursor(http.Request.Query["cursor"]);
        var page = (await links.ListAsync(repository.Id, skip, PageSize + 1, stop)).ToList();
        if (page.Count > PageSize)
        {
            page.RemoveAt(PageSize);
            Query.Link(http, address, "cursor", Query.ToCursor(skip + PageSize));
        }
        return Results.Json(page.Select(link => new
        {
            fileOid = link.Digest,
            filename = link.FirstPath,
            oid = link.Digest,
            pushedAt = Clock.Iso(link.LinkedAt),
            @ref = link.FirstReference.StartsWith("refs/heads/", StringComparison.Ordinal) ? link.FirstReference[11..] : link.FirstReference,
            size = link.SizeBytes,
        }));
    }
}
