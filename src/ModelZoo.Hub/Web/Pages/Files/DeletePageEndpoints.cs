using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>…/delete/{branch}/{path}: asks once, then commits the removal.</summary>
static class DeletePageEndpoints
{
    const int MaxCounted = 10_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/delete/{revision}/{**path}", async (
            WritableRepository proof, RouteText revision, RouteText? path, HttpContext http, PageFrames frames, RepositoryPageParts parts, TreeReader trees, CancellationToken stop) =>
            (IResult)new PageResult<DeletePage>((await LoadAsync(proof, revision, path, http, frames, parts, trees, stop)).Model));
        app.MapRepositoryForm("/delete/{revision}/{**path}", DeleteAsync);
    }

    static async Task<IResult> DeleteAsync(
        WritableRepository proof, RouteText revision, RouteText? path, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts,
        TreeReader trees, CommitWriter commits, CancellationToken stop)
    {
        var (model, shown, at) = await LoadAsync(proof, revision, path, http, frames, parts, trees, stop);
        var message = form.Text("message");
        var draft = new CommitDraft(message.Length is > 0 and <= CommitDraft.MaxSummaryLength ? message : $"Delete {at}", "",
            ObjectId.TryParse(form.Text("parent"), out var parent) ? parent : null, [new DeletePath(at)]);
        if (await commits.WriteAsync(proof, shown.Resolved.Reference!, draft, stop) is not CommitOutcome.Written written)
            return new PageResult<DeletePage>(model with { Form = form.State("The branch moved since this page was loaded. Look again before deleting.") }, 412);
        // With its last file a folder goes too: back to the nearest one that is still there.
        var folder = at.Parent;
        while (folder is not null && await trees.FindEntryAsync(proof.Repository.SpaceId, written.Commit.Tree, folder, stop) is null) folder = folder.Parent;
        return PageRouting.SeeOther(model.Repository.Links.Tree(shown.Shown, folder?.Value).Value, "deleted");
    }

    static async Task<(DeletePageModel Model, ShownRevision Shown, RepoPath Path)> LoadAsync(
        WritableRepository proof, RouteText revision, RouteText? path, HttpContext http, PageFrames frames, RepositoryPageParts parts, TreeReader trees, CancellationToken stop)
    {
        var (shown, text) = await parts.ResolveAsync(proof, revision, path, stop);
        if (!shown.IsBranch) throw Refusal.Invalid($"'{shown.Shown}' is not a branch; files are deleted from branches.");
        if (!RepoPath.TryParse(text, out var at) || await trees.FindEntryAsync(proof.Repository.SpaceId, shown.Commit.Tree, at, stop) is not { } entry)
            throw Refusal.EntryNotFound(text, shown.Commit.Id);
        var count = 0;
        if (entry.Mode == EntryMode.Folder)
            await foreach (var below in trees.WalkAsync(proof.Repository.SpaceId, entry.Id, at, stop))
                if (!below.IsFolder && ++count >= MaxCounted) break;
        var heading = await parts.HeadingAsync(proof, shown, stop);
        return (new(frames.For(http, proof.Repository.Kind.Plural()), heading, shown.Shown, at.Value, entry.Mode == EntryMode.Folder, count, shown.Commit.Id, FormState.Empty), shown, at);
    }
}
