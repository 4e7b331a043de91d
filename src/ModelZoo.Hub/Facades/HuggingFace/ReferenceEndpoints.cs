using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Branches and tags: listed, made, removed; and a branch's history squashed into one commit.</summary>
static class ReferenceEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{HuggingFaceRoutes.Repository}/refs", ListAsync);
        app.MapPost($"{HuggingFaceRoutes.Repository}/branch/{{**branch}}", CreateBranchAsync);
        app.MapDelete($"{HuggingFaceRoutes.Repository}/branch/{{**branch}}", DeleteBranchAsync);
        app.MapPost($"{HuggingFaceRoutes.Repository}/tag/{{**revision}}", CreateTagAsync);
        app.MapDelete($"{HuggingFaceRoutes.Repository}/tag/{{**tag}}", DeleteTagAsync);
        app.MapPost($"{HuggingFaceRoutes.Repository}/super-squash/{{**revision}}", SquashAsync);
    }

    static async Task<IResult> ListAsync(ReadableRepository repository, HttpRequest request, ReferenceStore references, CancellationToken stop)
    {
        var all = await references.ListAsync(repository.Id, stop);
        object Describe(Reference r) => new { name = r.ShortName, @ref = r.Name, targetCommit = r.CommitId };
        var answer = new Dictionary<string, object>
        {
            ["branches"] = all.Where(r => r.Name.StartsWith("refs/heads/", StringComparison.Ordinal)).Select(Describe),
            ["converts"] = Array.Empty<object>(),
            ["tags"] = all.Where(r => r.Name.StartsWith("refs/tags/", StringComparison.Ordinal)).Select(Describe),
        };
        if (Query.Flag(request.Query["include_prs"]))
            answer["pullRequests"] = all.Where(r => r.Name.StartsWith(Discussion.ReferencePrefix, StringComparison.Ordinal)).Select(Describe);
        return Results.Json(answer);
    }

    static async Task<IResult> CreateBranchAsync(
        WritableRepository repository, RouteText branch, HttpRequest request, RevisionResolver revisions, ReferenceWriter writer, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var start = body.Text("startingPoint");
        var empty = body.Flag("emptyBranch");
        var from = empty ? null : await revisions.GetAsync(repository, start is { Length: > 0 } ? start : repository.Repository.DefaultBranch, stop);
        await writer.CreateBranchAsync(repository, branch, from?.Commit, overwrite: body.Flag("overwrite") && (start is { Length: > 0 } || empty),
            keepExisting: body.Flag("overwrite"), stop);
        return Results.Json(new { success = true }, statusCode: 201);
    }

    static async Task<IResult> DeleteBranchAsync(WritableRepository repository, RouteText branch, ReferenceWriter writer, CancellationToken stop)
    {
        await writer.DeleteBranchAsync(repository, branch, stop);
        return Results.Json(new { success = true });
    }

    static async Task<IResult> CreateTagAsync(
        WritableRepository repository, RouteText revision, HttpRequest request, RevisionResolver revisions, ReferenceWriter writer, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var resolved = await revisions.GetAsync(repository, revision, stop);
        await writer.CreateTagAsync(repository, body.Text("tag") ?? "", resolved.Commit, body.Text("message"), stop);
        return Results.Json(new { success = true }, statusCode: 201);
    }

    static async Task<IResult> DeleteTagAsync(WritableRepository repository, RouteText tag, ReferenceWriter writer, CancellationToken stop)
    {
        await writer.DeleteTagAsync(repository, tag, stop);
        return Results.Json(new { success = true });
    }

    static async Task<IResult> SquashAsync(
        ContributingRepository repository, RouteText revision, HttpRequest request, RevisionResolver revisions, PullRequests pulls, ReferenceWriter writer, CancellationToken stop)
    {
        var (reference, head) = await revisions.GetBranchAsync(repository, revision, stop, orPullRequest: true);
        var proof = await pulls.ProveAsync(repository, reference, stop);
        var body = await JsonBody.ReadAsync(request, stop);
        await writer.SquashAsync(proof, reference, head, body.Text("message") is { Length: > 0 } message ? message : "Super-squash branch using the hub", stop);
        return Results.Json(new { success = true });
    }
}
