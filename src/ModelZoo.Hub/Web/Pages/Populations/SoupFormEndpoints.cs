using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Merging;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>…/population/{rev}/soups as a form: has the chosen members averaged into a repository of the viewer's.</summary>
static class SoupFormEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapForm("/{owner}/{name}/population/{revision}/soups", BeginAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));

    static async Task<IResult> BeginAsync(ReadableRepository proof, SignedIn me, RouteText revision, PostedForm form, HttpContext http, MergeRequests merges, PopulationPages pages, CancellationToken stop)
    {
        var (members, method) = (form.Text("members"), form.Text("method"));
        try
        {
            var wish = new MergeWish
            {
                Sources = [.. members.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(member => $"{proof.Repository.FullName}@{revision.Value}#{member}")],
                Method = method, Target = form.Text("target"), Force = form.IsOn("force"),
            };
            var job = await merges.BeginAsync(wish, me, stop);
            return PageRouting.SeeOther($"/jobs/{Ids.ToWire(job.Id)}", "enqueued");
        }
        catch (Refusal refusal) when (refusal.Kind is not (RefusalKind.NotFound or RefusalKind.Unauthenticated))
        {
            return await pages.SoupsAsync(proof, revision, members, method, form.State(refusal.Message), http, stop);
        }
    }
}
