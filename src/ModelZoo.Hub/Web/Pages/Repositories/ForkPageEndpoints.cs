using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>…/fork: the form that makes a repository out of this one.</summary>
static class ForkPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/fork", async (ReadableRepository proof, SignedIn me, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop) =>
            (IResult)await ShowAsync(proof, me, FormState.Empty, http, frames, parts, 200, stop));
        app.MapRepositoryForm("/fork", ForkAsync);
    }

    static async Task<PageResult<ForkPage>> ShowAsync(
        ReadableRepository proof, SignedIn me, FormState form, HttpContext http, PageFrames frames, RepositoryPageParts parts, int status, CancellationToken stop)
    {
        var heading = await parts.HeadingAsync(proof, await parts.FindHeadAsync(proof, stop), stop);
        var mayPublish = !proof.Repository.IsPrivate || proof.Level >= AccessLevel.Administer;
        return new(new ForkPageModel(frames.For(http, proof.Repository.Kind.Plural()), heading with { Revision = null }, [me.Account.Handle], mayPublish, form), status);
    }

    static async Task<IResult> ForkAsync(
        ReadableRepository proof, SignedIn me, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts, ForkWriter forks,
        AccountStore accounts, CancellationToken stop)
    {
        try
        {
            var owner = await accounts.FindAsync(form.Text("owner"), stop) ?? throw Refusal.Invalid("There is no such account.");
            bool? isPrivate = form.Text("visibility") switch { "private" => true, "public" => false, _ => null };
            var fork = await forks.ForkAsync(me, proof, owner, form.Text("name"), isPrivate, stop);
            return PageRouting.SeeOther(RepositoryPageParts.Links(fork.Repository).Home.Value, "created");
        }
        catch (Refusal refusal)
        {
            var message = refusal.Kind == RefusalKind.Conflict ? $"There is a {proof.Repository.Kind.Word()} of this name already." : refusal.Message;
            return await ShowAsync(proof, me, form.State(errors: ("name", message)), http, frames, parts, RefusalStatus.Of(refusal.Kind), stop);
        }
    }
}
