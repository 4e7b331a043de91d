using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>The content of a file at a revision: `resolve` follows LFS pointers, `raw` gives the git blob as it is.</summary>
static class ResolveEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapFiles("resolve/{revision}/{**path}", ["GET", "HEAD"], ResolveAsync);
        app.MapFiles("raw/{revision}/{**path}", ["GET", "HEAD"], RawAsync);
    }

    static async Task<IResult> ResolveAsync(
        ReadableRepository repository, RouteText revision, RouteText path, HttpContext http, FileFinder files, TreeReader trees,
        IBlobStore blobs, DownloadCounter downloads, CancellationToken stop)
    {
        var (resolved, entry) = await files.GetAsync(repository, revision, path, http, stop);
        downloads.Count(repository.Repository, entry.Path);
        if (entry.Pointer is not { } pointer) return await RegularAsync(repository, resolved, entry, http, trees, stop);

        Describe(http, repository, resolved, entry, pointer.Digest.Hex);
        http.Response.Headers["X-Linked-Etag"] = $"\"{pointer.Digest.Hex}\"";
        http.Response.Headers["X-Linked-Size"] = pointer.SizeBytes.ToString();
        return await FileResults.BlobAsync(http, blobs, pointer, MediaTypes.Of(entry.Path), stop);
    }

    static async Task<IResult> RawAsync(
        ReadableRepository repository, RouteText revision, RouteText path, HttpContext http, FileFinder files, TreeReader trees, CancellationToken stop)
    {
        var (resolved, entry) = await files.GetAsync(repository, revision, path, http, stop);
        return await RegularAsync(repository, resolved, entry, http, trees, stop);
    }

    static async Task<IResult> RegularAsync(
        ReadableRepository repository, ResolvedRevision resolved, FolderEntry entry, HttpContext http, TreeReader trees, CancellationToken stop)
    {
        Describe(http, repository, resolved, entry, entry.Id.Hex);
        var type = entry.Pointer is null ? MediaTypes.Of(entry.Path) : "text/plain; charset=utf-8";
        // HEAD asks for facts: the content stays in the database.
        if (HttpMethods.IsHead(http.Request.Method)) return FileResults.Head(http, entry.BlobBytes, entry.Id.Hex, type);
        return FileResults.Small(http, await trees.GetContentAsync(repository.Repository.SpaceId, entry.Id, stop), entry.Id.Hex, type);
    }

    static void Describe(HttpContext http, ReadableRepository repository, ResolvedRevision resolved, FolderEntry entry, string etag)
    {
        var headers = http.Response.Headers;
        headers["X-Repo-Commit"] = resolved.CommitId;
        headers.ETag = $"\"{etag}\"";
        headers.CacheControl = repository.Repository.IsPrivate ? "private, no-store"
            : resolved.IsImmutable ? "public, max-age=31536000, immutable" : "no-cache";
        if (!http.Request.Query.ContainsKey("noContentDisposition")) headers.ContentDisposition = Disposition(entry.Path.Name, Query.Flag(http.Request.Query["download"]) || http.Request.Query.ContainsKey("download"));
        // Files are other people's: shown in this origin, they may not run anything.
        headers["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox";
        headers.XContentTypeOptions = "nosniff";
    }

    /// <summary>Clients read the ASCII name up to and including the last semicolon.</summary>
    static string Disposition(string name, bool attachment)
    {
        var ascii = new StringBuilder(name.Length);
        foreach (var c in name) ascii.Append(c is >= ' ' and < '\u007f' and not '"' and not '\\' ? c : '_');
        return $"{(attachment ? "attachment" : "inline")}; filename*=UTF-8''{Uri.EscapeDataString(name)}; filename=\"{ascii}\";";
    }
}
