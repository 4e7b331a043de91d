using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>…/like: the button beside a repository's name.</summary>
static class LikeFormEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapRepositoryForm("/like", LikeAsync);

    static async Task<IResult> LikeAsync(ReadableRepository proof, SignedIn me, PostedForm form, LikeStore likes, CancellationToken stop)
    {
        me.RequireWrite();
        if (form.Text("liked") == "no") await likes.RemoveAsync(proof.Id, me.Account.Id, stop);
        else await likes.AddAsync(proof.Id, me.Account.Id, stop);
        return PageRouting.SeeOther(RepositoryPageParts.Links(proof.Repository).Home.Value);
    }
}
