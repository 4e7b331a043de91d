using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Search;

/// <summary>/search?q=: where a word is. Names first, then what cards say, each thing once.</summary>
static class SearchPageEndpoints
{
    const int MaxLength = 300;
    const int Listed = 10;

    public static void Map(IEndpointRouteBuilder app) => app.MapPublicPage("/search", ShowAsync, "it finds for each viewer what he may see");

    static async Task<IResult> ShowAsync(
        Actor actor, HttpContext http, PageFrames frames, RepositorySearch search, FullTextSearch texts, AccountStore accounts, CancellationToken stop)
    {
        var query = http.Request.Query["q"].ToString().Trim();
        if (query.Length > MaxLength) query = query[..MaxLength];
        var model = new SearchPageModel(frames.For(http, query: query), query);
        if (query.Length == 0) return new PageResult<SearchPage>(model);

        var models = await search.FindAsync(Named(query, RepositoryKind.Model), actor, stop);
        var sets = await search.FindAsync(Named(query, RepositoryKind.Dataset), actor, stop);
        var named = models.Items.Concat(sets.Items).Select(item => item.Repository.Id).ToHashSet();
        var cards = (await texts.FindAsync(query, null, Listed * 2, actor, stop)).SelectMany(group => group.Items).Where(item => !named.Contains(item.Repository.Id)).Take(Listed);
        return new PageResult<SearchPage>(model with
        {
            Models = RepositorySummaries.Of(models.Items),
            Datasets = RepositorySummaries.Of(sets.Items),
            MoreModels = models.NextCursor is null ? null : Href.Local($"/models?q={Uri.EscapeDataString(query)}"),
            MoreDatasets = sets.NextCursor is null ? null : Href.Local($"/datasets?q={Uri.EscapeDataString(query)}"),
            Cards = [.. cards.Select(item => Hit(item, query))],
            Accounts = await accounts.FindAsync(query, stop) is { DisabledAt: null } account
                ? [new(Href.Local($"/{Uri.EscapeDataString(account.Handle)}"), account.Handle, account.FullName, "")]
                : [],
        });
    }

    static SearchQuery Named(string text, RepositoryKind kind) => new() { Kind = kind, Text = text, Limit = Listed, Sort = SearchOrder.Downloads, WithSummaries = true };

    static TextHit Hit(FoundRepository item, string query)
    {
        var links = Repositories.RepositoryPageParts.Links(item.Repository.Repository);
        return new(links.Home, $"{(links.Kind == "model" ? "" : links.Kind + " ")}{links.Id}", item.Summary, query.Split(' ')[0]);
    }
}
