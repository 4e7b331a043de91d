using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>…/upload/{branch}/{folder}: files from a browser, as one commit. The script only adds a progress bar to the same form.</summary>
static class UploadPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/upload/{revision}/{**path}", async (
            WritableRepository proof, RouteText revision, RouteText? path, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop) =>
            (IResult)await ShowAsync(proof, revision, path, FormState.Empty, 200, http, frames, parts, stop));
        app.MapRepositoryForm("/upload/{revision}/{**path}", ReceiveAsync);
    }

    static async Task<PageResult<UploadPage>> ShowAsync(
        WritableRepository proof, RouteText revision, RouteText? path, FormState form, int status, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop)
    {
        var (shown, folder) = await parts.ResolveAsync(proof, revision, path, stop);
        if (!shown.IsBranch) throw Refusal.Invalid($"'{shown.Shown}' is not a branch; uploads go to branches.");
        return new(new UploadPageModel(frames.For(http, proof.Repository.Kind.Plural()), await parts.HeadingAsync(proof, shown, stop), shown.Shown, folder.Length == 0 ? null : folder, form), status);
    }

    static async Task<IResult> ReceiveAsync(
        WritableRepository proof, RouteText revision, RouteText? path, HttpContext http, PageFrames frames, RepositoryPageParts parts,
        UploadReceiver receiver, CommitWriter commits, CancellationToken stop)
    {
        var (shown, _) = await parts.ResolveAsync(proof, revision, path, stop);
        if (!shown.IsBranch) throw Refusal.Invalid($"'{shown.Shown}' is not a branch; uploads go to branches.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        var asksForJson = http.Request.Headers.Accept == "application/json";
        try
        {
            var upload = await receiver.ReadAsync(proof, shown.Commit.Tree, http, stop);
            var draft = new CommitDraft(upload.Message, "", null, upload.Operations);
            _ = await commits.WriteAsync(proof, shown.Resolved.Reference!, draft, stop);
            var target = RepositoryPageParts.Links(proof.Repository).Tree(shown.Shown, upload.Folder).Value + "?notice=committed";
            return asksForJson ? Results.Json(new { location = target }) : PageRouting.SeeOther(target);
        }
        catch (Refusal refusal) when (!asksForJson && refusal.Kind is not RefusalKind.Forbidden)
        {
            return await ShowAsync(proof, revision, path, new() { Problem = refusal.Message }, RefusalStatus.Of(refusal.Kind), http, frames, parts, stop);
        }
    }
}
