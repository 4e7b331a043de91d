using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Accounts;

/// <summary>/{owner}: who this is and what they keep here.</summary>
static class AccountPageEndpoints
{
    const int Listed = 20;
    const int ListedLikes = 10;

    public static void Map(IEndpointRouteBuilder app) => app.MapPublicPage("/{owner}", ShowAsync, "an account's page shows each viewer what he may see");

    static async Task<IResult> ShowAsync(
        string owner, Actor actor, HttpContext http, PageFrames frames, AccountStore accounts, RepositorySearch search, RepositoryIndex index, LikeStore likes, CancellationToken stop)
    {
        var account = await accounts.FindAsync(owner, stop);
        if (account is null || (account.DisabledAt is not null && !actor.IsAdministrator))
            throw Refusal.NotFound("There is nobody of this name here, nor anything that you may see.");
        var models = await OwnedAsync(RepositoryKind.Model);
        var sets = await OwnedAsync(RepositoryKind.Dataset);
        var visible = await index.LookAsync(actor, stop);
        return new PageResult<AccountPage>(new AccountPageModel(frames.For(http), account.Handle, DateTimeOffset.FromUnixTimeMilliseconds(account.CreatedAt))
        {
            FullName = account.FullName == account.Handle ? null : account.FullName,
            IsSelf = account.Id == actor.Account?.Id,
            Models = RepositorySummaries.Of(models.Items),
            Datasets = RepositorySummaries.Of(sets.Items),
            Spaces = RepositorySummaries.Of((await OwnedAsync(RepositoryKind.Space)).Items),
            Liked = [.. (await likes.ListLikesAsync(account.Id, stop)).Select(like => visible.Find(like.RepositoryId)).OfType<IndexedRepository>().Take(ListedLikes).Select(RepositorySummaries.Of)],
            MoreModels = models.NextCursor is null ? null : Href.Local($"/models?author={Uri.EscapeDataString(account.Handle)}"),
            MoreDatasets = sets.NextCursor is null ? null : Href.Local($"/datasets?author={Uri.EscapeDataString(account.Handle)}"),
        });

        Task<ModelZoo.Hub.Search.SearchPage> OwnedAsync(RepositoryKind kind) =>
            search.FindAsync(new() { Kind = kind, Author = account.Handle, Sort = SearchOrder.LastModified, Limit = Listed, WithSummaries = true }, actor, stop);
    }
}
