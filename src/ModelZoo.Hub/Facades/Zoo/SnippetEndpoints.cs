using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>The files that use a model, pinned to a commit.</summary>
sealed record SnippetAnswer(string Repository, string Commit, IReadOnlyList<SnippetFile> Files);

/// <summary>What the page "Use" shows, for programs: all files, or the text of one.</summary>
static class SnippetEndpoints
{
    const string Path = "/api/models/{owner}/{name}/snippets";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Path, ListAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
            .Describe<SnippetAnswer>("listSnippets", "models", "Files that use the model, chosen by what it holds and pinned to the commit; ?revision=").ProducesProblem(404);
        app.MapGet(Path + "/{file}", ReadAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
            .Describe<string>("getSnippet", "models", "The text of one of them, as batch.py; ?revision=").ProducesProblem(404);
    }

    static async Task<IResult> ListAsync(ReadableRepository repository, HttpContext http, RevisionResolver revisions, SnippetShelf shelf, CancellationToken stop)
    {
        var (commit, files) = await WriteAsync(repository, http, revisions, shelf, stop);
        return Results.Json(new SnippetAnswer(repository.Repository.FullName, commit, files));
    }

    static async Task<IResult> ReadAsync(ReadableRepository repository, RouteText file, HttpContext http, RevisionResolver revisions, SnippetShelf shelf, CancellationToken stop)
    {
        var (_, files) = await WriteAsync(repository, http, revisions, shelf, stop);
        var found = files.FirstOrDefault(snippet => snippet.Name == file.Value)
            ?? throw Refusal.NotFound($"There is no such file for what this revision holds; there are {string.Join(", ", files.Select(snippet => snippet.Name))}.");
        return Results.Text(found.Text, "text/plain; charset=utf-8");
    }

    static async Task<(string Commit, IReadOnlyList<SnippetFile> Files)> WriteAsync(
        ReadableRepository proof, HttpContext http, RevisionResolver revisions, SnippetShelf shelf, CancellationToken stop)
    {
        var revision = http.Request.Query["revision"] is { Count: > 0 } named && named[^1] is { Length: > 0 } text ? text : "HEAD";
        var commit = (await revisions.GetAsync(proof, revision, stop)).Commit;
        http.Response.Headers["X-Repo-Commit"] = commit.Id;
        return (commit.Id, await shelf.WriteAsync(proof, commit, http, stop));
    }
}
