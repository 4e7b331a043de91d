using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Home;

/// <summary>/: what is in this zoo.</summary>
static class HomePageEndpoints
{
    const int Listed = 6;

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPublicPage("/", async (Actor actor, HttpContext http, PageFrames frames, RepositorySearch search, HubFiguresQuery figures, CancellationToken stop) =>
            (IResult)new PageResult<HomePage>(await LoadAsync(actor, http, frames, search, figures, stop)), "the front door");

    static async Task<HomePageModel> LoadAsync(Actor actor, HttpContext http, PageFrames frames, RepositorySearch search, HubFiguresQuery figures, CancellationToken stop)
    {
        Task<ModelZoo.Hub.Search.SearchPage> FindAsync(RepositoryKind kind, SearchOrder order) =>
            search.FindAsync(new() { Kind = kind, Sort = order, Limit = Listed }, actor, stop);

        var newest = await FindAsync(RepositoryKind.Model, SearchOrder.CreatedAt);
        var sets = await FindAsync(RepositoryKind.Dataset, SearchOrder.LastModified);
        var used = await FindAsync(RepositoryKind.Model, SearchOrder.Downloads);
        return new(frames.For(http), newest.Total, sets.Total, (await figures.GetAsync(stop)).BlobBytes)
        {
            Newest = RepositorySummaries.Of(newest.Items),
            MostUsed = RepositorySummaries.Of(used.Items.Where(item => item.Repository.Repository.Downloads > 0)),
            Sets = RepositorySummaries.Of(sets.Items),
        };
    }
}
