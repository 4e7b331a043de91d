using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>/{owner}/{name}/generate: a blueprint, its plan, and the job that trains it.</summary>
static class GeneratePageEndpoints
{
    const string Template = "shapes-14";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/{owner}/{name}/generate", ["GET", "HEAD"], async (WritableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop) =>
            (IResult)await ShowAsync(proof, FormState.Empty, null, 200, http, frames, parts, stop)).WithMetadata(new AddressedKind(RepositoryKind.Model));
        app.MapForm("/{owner}/{name}/generate", BeginAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
    }

    static async Task<PageResult<GeneratePage>> ShowAsync(WritableRepository proof, FormState form, PlanView? plan, int status, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop)
    {
        var head = await parts.FindHeadAsync(proof, stop);
        var heading = (await parts.HeadingAsync(proof, head, stop)) with { Revision = null };
        var named = http.Request.Query["template"].ToString();
        var text = (named.Length is > 0 and < 100 ? BlueprintTemplates.Find(named) : null)
            ?? (head is null ? null : await parts.FindTextAsync(proof.Repository, Git.ObjectId.Parse(head.Commit.TreeId), PopulationLayout.Blueprint, stop)) ?? BlueprintTemplates.Find(Template) ?? "";
        return new(new GeneratePageModel(frames.For(http, proof.Repository.Kind.Plural()), heading, form, text)
        {
            Plan = plan, Templates = [.. BlueprintTemplates.Names.Select(name => new NamedLink(name, Href.Local($"{heading.Links.Action("generate").Value}?template={Uri.EscapeDataString(name)}")))],
        }, status);
    }

    static async Task<IResult> BeginAsync(WritableRepository proof, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts, Generations generations, CancellationToken stop)
    {
        var wish = new GenerationWish(form.Raw("blueprint"), null, null, form.IsOn("extend"), form.IsOn("analyse"));
        try
        {
            if (form.Text("act") == "plan") return await ShowAsync(proof, form.State(), await PlanAsync(proof, wish, generations, stop), 200, http, frames, parts, stop);
            var job = await generations.BeginAsync(proof, wish, stop);
            return PageRouting.SeeOther($"/jobs/{Ids.ToWire(job.Id)}", "enqueued");
        }
        catch (RecipeException problem)
        {
            return await ShowAsync(proof, form.State(null, ("blueprint", problem.Message)), null, StatusCodes.Status400BadRequest, http, frames, parts, stop);
        }
        catch (Refusal refusal)
        {
            return await ShowAsync(proof, form.State(refusal.Message), null, RefusalStatus.Of(refusal.Kind), http, frames, parts, stop);
        }
    }

    static async Task<PlanView> PlanAsync(WritableRepository proof, GenerationWish wish, Generations generations, CancellationToken stop)
    {
        var (planned, change) = await generations.PlanAsync(proof, wish, stop);
        var plan = planned.Plan;
        var says = $"{Quantity.Of(plan.MemberCount, "member")}, {Quantity.Of(plan.Checkpoints, "state")}{(plan.CheckpointBytes is { } bytes ? $", {Quantity.Bytes(bytes)}" : "")}{(planned.Time is { } time ? $"; about {Quantity.Duration(time)} on this hub, {Quantity.Of(planned.Parallel, "member")} at once" : "")}.{(change is null ? "" : $" {Quantity.Of(change.Added.Count, "member is", "members are")} new{(change.Lost.Count > 0 ? $"; {change.Lost.Count} would be given up, which is refused" : "")}.")}";
        return new(PopulationWords.Short(planned.Blueprint.Population), says, [.. plan.Stages.Take(40).Select(stage => new PlanLine(PopulationWords.Short(stage.Name), stage.Members, stage.Checkpoints, stage.CheckpointBytes))], [.. plan.Remarks.Take(10)]);
    }
}
