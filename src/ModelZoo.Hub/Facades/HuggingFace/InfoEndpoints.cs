using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>What a repository is: one JSON object, whole or the fields asked for.</summary>
static class InfoEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(HuggingFaceRoutes.Repository, InfoAsync);
        app.MapGet($"{HuggingFaceRoutes.Repository}/revision/{{**revision}}", RevisionAsync);
        // An id of one segment is a repository of nobody: missing, in the words for a missing repository.
        app.MapGet($"/api/{{kinds:regex(^({RepositoryKinds.Plurals})$)}}/{{name}}", (ReadableRepository _) => Results.NotFound());
    }

    static Task<IResult> InfoAsync(ReadableRepository repository, HttpContext http, RepositoryDescription description, RevisionResolver revisions, CancellationToken stop) =>
        DescribeAsync(repository, "HEAD", http, description, revisions, stop);

    static Task<IResult> RevisionAsync(
        ReadableRepository repository, RouteText revision, HttpContext http, RepositoryDescription description, RevisionResolver revisions, CancellationToken stop) =>
        DescribeAsync(repository, revision, http, description, revisions, stop);

    static async Task<IResult> DescribeAsync(
        ReadableRepository repository, string revision, HttpContext http, RepositoryDescription description, RevisionResolver revisions, CancellationToken stop)
    {
        var query = http.Request.Query;
        var fields = Query.List(query, "expand");
        RepositoryFields.Check(repository.Repository.Kind, fields);
        var resolved = await revisions.FindAsync(repository, revision, stop) ?? (revision == "HEAD" ? null : throw Refusal.RevisionNotFound(revision));
        if (resolved is not null) http.Response.Headers["X-Repo-Commit"] = resolved.CommitId;
        var wanted = fields.Count > 0 ? fields.ToHashSet() : RepositoryFields.Full(repository.Repository.Kind);
        var json = await description.DescribeAsync(repository, resolved, wanted, withBlobs: Query.Flag(query["blobs"]), stop);
        if (Query.Flag(query["securityStatus"])) json["securityRepoStatus"] = new JsonObject { ["scansDone"] = false, ["filesWithIssues"] = new JsonArray() };
        return JsonLines.Object(json);
    }
}
