using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Liking a repository, and who likes what.</summary>
static class LikeEndpoints
{
    const int PageSize = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost($"{HuggingFaceRoutes.Repository}/like", LikeAsync);
        app.MapDelete($"{HuggingFaceRoutes.Repository}/like", UnlikeAsync);
        app.MapGet($"{HuggingFaceRoutes.Repository}/likers", LikersAsync);
        app.MapGet("/api/users/{user}/likes", LikesAsync);
    }

    static async Task<IResult> LikeAsync(SignedIn me, ReadableRepository repository, LikeStore likes, CancellationToken stop)
    {
        me.RequireWrite();
        await likes.AddAsync(repository.Id, me.Account.Id, stop);
        return Results.Json(new { success = true });
    }

    static async Task<IResult> UnlikeAsync(SignedIn me, ReadableRepository repository, LikeStore likes, CancellationToken stop)
    {
        me.RequireWrite();
        await likes.RemoveAsync(repository.Id, me.Account.Id, stop);
        return Results.Json(new { success = true });
    }

    static async Task<IResult> LikersAsync(ReadableRepository repository, HttpContext http, LikeStore likes, PublicAddress address, CancellationToken stop)
    {
        var limit = Query.Limit(http.Request.Query["limit"], PageSize, PageSize);
        var after = http.Request.Query["cursor"] is { Count: > 0 } cursor && Ids.TryFromWire(cursor[^1], out var id) ? id : 0;
        var likers = await likes.ListLikersAsync(repository.Id, after, limit + 1, stop);
        if (likers.Count > limit) Query.Link(http, address, "cursor", Ids.ToWire(likers[limit - 1].AccountId));
        return JsonLines.Array(likers.Take(limit).Select(liker => new JsonObject
        {
            ["_id"] = Ids.ToWire(liker.AccountId), ["user"] = liker.Handle, ["fullname"] = liker.FullName,
            ["avatarUrl"] = UserEndpoints.Avatar, ["type"] = liker.Kind == "user" ? "user" : "org", ["isPro"] = false,
        }));
    }

    static async Task<IResult> LikesAsync(
        string user, Actor actor, HttpContext http, AccountStore accounts, LikeStore likes, RepositoryIndex index, PublicAddress address, CancellationToken stop)
    {
        var account = await UserEndpoints.GetUserAsync(accounts, user, stop);
        var limit = Query.Limit(http.Request.Query["limit"], PageSize, PageSize);
        // One account's likes are few; what the asker may not see is left out before pages are cut.
        var visible = await index.LookAsync(actor, stop);
        var all = (await likes.ListLikesAsync(account.Id, stop))
            .Select(like => (like.LikedAt, Repository: visible.Find(like.RepositoryId))).Where(like => like.Repository is not null).ToList();
        var first = Query.Cursor(http.Request.Query["cursor"]);
        if (all.Count > first + limit) Query.Link(http, address, "cursor", Query.ToCursor(first + limit));
        return JsonLines.Array(all.Skip(first).Take(limit).Select(like => new JsonObject
        {
            ["createdAt"] = Clock.Iso(like.LikedAt),
            ["repo"] = new JsonObject { ["name"] = like.Repository!.FullName, ["type"] = like.Repository.Repository.Kind.Word() },
        }));
    }
}
