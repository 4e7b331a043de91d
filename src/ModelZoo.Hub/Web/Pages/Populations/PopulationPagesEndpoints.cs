using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Analyses;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>/{owner}/{name}/population and …/population/{rev}/…: how siblings differ and why.</summary>
static class PopulationPagesEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        Page(app, "", (ReadableRepository proof, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.OverviewAsync(proof, null, http, stop));
        Page(app, "/{revision}", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.OverviewAsync(proof, revision, http, stop));
        Page(app, "/{revision}/members", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.MembersAsync(proof, revision, http, stop));
        Page(app, "/{revision}/members/{member}", (ReadableRepository proof, RouteText revision, RouteText member, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.MemberAsync(proof, revision, member, http, stop));
        Page(app, "/{revision}/curves", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.CurvesAsync(proof, revision, http, stop));
        Page(app, "/{revision}/map", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.MapAsync(proof, revision, http, stop));
        Page(app, "/{revision}/matrices", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.MatricesAsync(proof, revision, http, stop));
        Page(app, "/{revision}/lineage", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.LineageAsync(proof, revision, http, stop));
        Page(app, "/{revision}/soups", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.SoupsAsync(proof, revision, http, stop));
        Page(app, "/{revision}/prediction", (ReadableRepository proof, RouteText revision, HttpContext http, PopulationPages pages, CancellationToken stop) => pages.PredictionAsync(proof, revision, http, stop));
        app.MapForm("/{owner}/{name}/population/{revision}/analyse", AnalyseAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
    }

    static async Task<IResult> AnalyseAsync(WritableRepository proof, RouteText revision, PostedForm form, HttpContext http, PopulationAnalyses analyses, PopulationPages pages, CancellationToken stop)
    {
        try
        {
            var job = await analyses.BeginAsync(proof, form.Text("only") is { Length: > 0 } only ? [only] : [], revision.Value, stop);
            return PageRouting.SeeOther($"/jobs/{Ids.ToWire(job.Id)}", "enqueued");
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Invalid or RefusalKind.Conflict or RefusalKind.TooMany)
        {
            return await pages.RefusedAsync(proof, revision, refusal, http, stop);
        }
    }

    static void Page(IEndpointRouteBuilder app, string tail, Delegate handler) =>
        app.MapMethods($"/{{owner}}/{{name}}/population{tail}", ["GET", "HEAD"], handler).WithMetadata(new AddressedKind(RepositoryKind.Model));
}
