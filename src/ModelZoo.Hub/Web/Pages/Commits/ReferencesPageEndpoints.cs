using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Commits;

/// <summary>…/refs: branches and tags, made and removed.</summary>
static class ReferencesPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/refs", async (ReadableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, ReferenceStore references, CommitStore commits, CancellationToken stop) =>
            (IResult)new PageResult<ReferencesPage>(await LoadAsync(proof, http, frames, parts, references, commits, stop)));
        app.MapRepositoryForm("/refs", ChangeAsync);
    }

    static async Task<IResult> ChangeAsync(
        WritableRepository proof, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts, ReferenceStore references,
        CommitStore commits, ReferenceWriter writer, RevisionResolver revisions, CancellationToken stop)
    {
        var (name, which) = (form.Text("name"), form.Text("form"));
        try
        {
            switch (which)
            {
                case "branch":
                    await writer.CreateBranchAsync(proof, name, (await revisions.GetAsync(proof, form.Text("from"), stop)).Commit, overwrite: false, keepExisting: false, stop);
                    break;
                case "tag":
                    await writer.CreateTagAsync(proof, name, (await revisions.GetAsync(proof, form.Text("from"), stop)).Commit, form.Text("message"), stop);
                    break;
                case "delete-branch": await writer.DeleteBranchAsync(proof, name, stop); break;
                case "delete-tag": await writer.DeleteTagAsync(proof, name, stop); break;
                default: throw Refusal.Invalid("This page has no such form.");
            }
            return PageRouting.SeeOther(RepositoryPageParts.Links(proof.Repository).References.Value, which.StartsWith("delete", StringComparison.Ordinal) ? "deleted" : "created");
        }
        catch (Refusal refusal) when (which is "branch" or "tag")
        {
            var field = refusal.Missing == MissingThing.Revision ? "from" : "name";
            var state = form.State(errors: (field, refusal.Message));
            var model = await LoadAsync(proof, http, frames, parts, references, commits, stop);
            return new PageResult<ReferencesPage>(which == "branch" ? model with { NewBranch = state } : model with { NewTag = state }, RefusalStatus.Of(refusal.Kind));
        }
    }

    static async Task<ReferencesPageModel> LoadAsync(
        ReadableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, ReferenceStore references, CommitStore commits, CancellationToken stop)
    {
        var all = await references.ListAsync(proof.Id, stop);
        var rows = await commits.FindManyAsync(proof.Repository.SpaceId, [.. all.Select(r => r.CommitId)], stop);
        var heading = await parts.HeadingAsync(proof, await parts.FindHeadAsync(proof, stop), stop);
        return new(frames.For(http, proof.Repository.Kind.Plural()), heading with { Revision = null })
        {
            Branches = Of("refs/heads/"),
            Tags = Of("refs/tags/"),
        };

        IReadOnlyList<ReferenceLine> Of(string prefix) =>
            [.. all.Where(r => r.Name.StartsWith(prefix, StringComparison.Ordinal) && rows.ContainsKey(r.CommitId)).Select(r => new ReferenceLine(r.ShortName, RepositoryPageParts.Line(rows[r.CommitId])))];
    }
}
