using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>What others may know about an account.</summary>
static class UserEndpoints
{
    public const string Avatar = "/assets/account.svg";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/api/users/{user}/overview", OverviewAsync);
        app.MapGet("/api/users/{user}/{list:regex(^(followers|following)$)}", FollowAsync);
        // There are no organisations yet: each is missing, in the words for a missing one.
        app.MapGet("/api/organizations/{organisation}/{part:regex(^(overview|members|followers)$)}", (Actor _, string organisation) => NoOrganisation(organisation));
    }

    static async Task<IResult> OverviewAsync(
        string user, Actor actor, AccountStore accounts, LikeStore likes, DiscussionQuery discussions, RepositoryIndex index, CancellationToken stop)
    {
        var account = await GetUserAsync(accounts, user, stop);
        var visible = await index.LookAsync(actor, stop);
        var liked = (await likes.ListLikesAsync(account.Id, stop)).Count(like => visible.Find(like.RepositoryId) is not null);
        return JsonLines.Object(new JsonObject
        {
            ["_id"] = Ids.ToWire(account.Id),
            ["user"] = account.Handle,
            ["fullname"] = account.FullName,
            ["avatarUrl"] = Avatar,
            ["type"] = "user",
            ["isPro"] = false,
            ["createdAt"] = Clock.Iso(account.CreatedAt),
            ["numModels"] = visible.CountOwned(account.Handle, RepositoryKind.Model),
            ["numDatasets"] = visible.CountOwned(account.Handle, RepositoryKind.Dataset),
            ["numSpaces"] = visible.CountOwned(account.Handle, RepositoryKind.Space),
            ["numDiscussions"] = await discussions.CountByAuthorAsync(account.Id, stop),
            ["numPapers"] = 0,
            ["numUpvotes"] = 0,
            ["numLikes"] = liked,
            ["numFollowing"] = 0,
            ["numFollowers"] = 0,
            ["orgs"] = new JsonArray(),
        });
    }

    /// <summary>Nobody follows anybody here.</summary>
    static async Task<IResult> FollowAsync(string user, Actor _, AccountStore accounts, CancellationToken stop)
    {
        await GetUserAsync(accounts, user, stop);
        return JsonLines.Array([]);
    }

    static IResult NoOrganisation(string name) => throw Refusal.NotFound($"There is no organisation '{name}'.");

    /// <exception cref="Refusal">Nobody has this handle.</exception>
    internal static async Task<Account> GetUserAsync(AccountStore accounts, string handle, CancellationToken stop) =>
        await accounts.FindAsync(handle, stop) is { Kind: "user" } account ? account : throw Refusal.NotFound("User not found");
}
