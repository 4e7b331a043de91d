using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>The addresses of git's smart HTTP protocol (gitprotocol-http): "/{owner}/{name}" with and without ".git", for each kind of repository.</summary>
static class GitRoutes
{
    public static void MapGit(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("").WithMetadata(GitErrors.Dialect);
        group.MapGit("info/refs", ["GET"], InfoRefsEndpoints.GetAsync);
        group.MapGit("git-upload-pack", ["POST"], UploadPackEndpoints.PostAsync);
        group.MapGit("git-receive-pack", ["POST"], ReceivePackEndpoints.PostAsync);
    }

    static void MapGit(this IEndpointRouteBuilder app, string pattern, string[] methods, Delegate handler)
    {
        foreach (var kind in Enum.GetValues<RepositoryKind>())
            app.MapMethods($"/{kind.AddressPrefix()}{{owner}}/{{name}}/{pattern}", methods, handler).WithMetadata(new AddressedKind(kind));
    }

    /// <summary>Answers of this protocol are of the moment.</summary>
    public static void SetHeaders(HttpContext http, string mediaType)
    {
        http.Response.ContentType = mediaType;
        http.Response.Headers.CacheControl = "no-cache, max-age=0, must-revalidate";
        http.Response.Headers.Expires = "Fri, 01 Jan 1980 00:00:00 GMT";
        http.Response.Headers.Pragma = "no-cache";
    }
}
