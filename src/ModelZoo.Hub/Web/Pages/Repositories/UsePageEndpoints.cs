using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>/{owner}/{name}/use and …/use/{rev}: every way to use what a commit holds, each a file.</summary>
static class UsePageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/use", ShowAsync);
        app.MapRepositoryPage("/use/{revision}", ShowRevisionAsync);
    }

    static async Task<IResult> ShowAsync(ReadableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, SnippetShelf shelf, CancellationToken stop) =>
        await PageAsync(proof, await parts.FindHeadAsync(proof, stop), isHead: true, http, frames, parts, shelf, stop);

    static async Task<IResult> ShowRevisionAsync(
        ReadableRepository proof, RouteText revision, HttpContext http, PageFrames frames, RepositoryPageParts parts, SnippetShelf shelf, CancellationToken stop) =>
        await PageAsync(proof, await parts.ResolveAsync(proof, revision, stop), isHead: false, http, frames, parts, shelf, stop);

    static async Task<IResult> PageAsync(
        ReadableRepository proof, ShownRevision? shown, bool isHead, HttpContext http, PageFrames frames, RepositoryPageParts parts, SnippetShelf shelf, CancellationToken stop)
    {
        var repository = proof.Repository;
        var frame = frames.For(http, repository.Kind.Plural());
        var heading = await parts.HeadingAsync(proof, shown, stop);
        if (isHead) heading = heading with { Revision = null };
        if (shown is null) return new PageResult<UsePage>(new UsePageModel(frame, heading));
        var files = await shelf.WriteAsync(proof, shown.Commit, http, stop);
        var name = http.Request.Query["file"].ToString();
        var chosen = name.Length == 0 ? files.Count > 0 ? files[0] : null : files.FirstOrDefault(file => file.Name == name)
            ?? throw Refusal.NotFound("There is no such file for what this revision holds.");
        return new PageResult<UsePage>(new UsePageModel(frame, heading)
        {
            References = await parts.ReferencesAsync(proof, shown, revision => heading.Links.Use(revision), stop), CommitId = shown.Commit.Id, Files = files, Chosen = chosen,
        });
    }
}
