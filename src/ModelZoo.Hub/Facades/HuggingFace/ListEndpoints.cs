using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Lists of models, datasets and spaces: filtered, ordered, paged.</summary>
static class ListEndpoints
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet($"/api/{{kinds:regex(^({RepositoryKinds.Plurals})$)}}", ListAsync);

    static async Task<IResult> ListAsync(
        string kinds, Actor actor, HttpContext http, RepositorySearch search, RepositoryListing listing, PublicAddress address, CancellationToken stop)
    {
        _ = RepositoryKinds.TryParse(kinds, out var kind);
        var query = http.Request.Query;
        var wanted = Wanted(kind, query);
        if (ListQuery.Parse(kind, query, RepositoryListing.MaxLimit(wanted)) is not { } asked) return JsonLines.Array([]);
        var page = await search.FindAsync(asked, actor, stop);
        if (page.NextCursor is { } next) Query.Link(http, address, "cursor", next);
        return JsonLines.Array(await listing.DescribeAsync(page.Items, wanted, stop));
    }

    static HashSet<string> Wanted(RepositoryKind kind, IQueryCollection query)
    {
        var expand = Query.List(query, "expand");
        RepositoryFields.Check(kind, expand);
        if (expand.Count > 0) return expand.ToHashSet();
        var wanted = RepositoryFields.Listed(kind, Query.Flag(query["full"]));
        if (Query.Flag(query["cardData"])) wanted.Add("cardData");
        if (kind == RepositoryKind.Model && Query.Flag(query["config"])) wanted.Add("config");
        return wanted;
    }
}
