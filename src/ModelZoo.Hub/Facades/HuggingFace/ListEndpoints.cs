using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Lists of models, datasets and spaces: filtered, ordered, paged.</summary>
static class ListEndpoints
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet($"/api/{{kinds:regex(^({RepositoryKinds.Plurals})$)}}", ListAsync);

    static async Task<IResult> ListAsync(
        string kinds, Actor actor, HttpContext http, RepositorySearch search, RepositoryListing listing, DeviceCatalogue devices, PublicAddress address,
        CancellationToken stop)
    {
        _ = RepositoryKinds.TryParse(kinds, out var kind);
        var query = http.Request.Query;
        var wanted = Wanted(kind, query);
        if (ListQuery.Parse(kind, query, RepositoryListing.MaxLimit(wanted)) is not { } asked) return JsonLines.Array([]);
        if (kind == RepositoryKind.Model && query["fits"] is { Count: > 0 } fits && fits[^1] is { Length: > 0 } device)
        {
            // The hub's own filter: models that fit a device, as stored, at batch 1 and 2048 tokens.
            var named = await devices.FindAsync(device, actor, stop) ?? throw Refusal.Invalid("\"fits\" must be the id of a device: see /api/zoo/devices");
            if (MemoryRoom.Of(named) is not { } room) return JsonLines.Array([]);
            asked = asked with { Fits = room };
        }
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
