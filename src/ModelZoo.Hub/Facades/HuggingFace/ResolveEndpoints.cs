using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Sending;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>The content of a file at a revision: `resolve` follows LFS pointers, `raw` gives the git blob as it is.</summary>
static class ResolveEndpoints
{
    /// <summary>How long a redirect to the object store holds: time for a slow client to begin.</summary>
    static readonly TimeSpan s_redirectFor = TimeSpan.FromHours(1);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapFiles("resolve/{revision}/{**path}", ["GET", "HEAD"], ResolveAsync);
        app.MapFiles("raw/{revision}/{**path}", ["GET", "HEAD"], RawAsync);
    }

    static async Task ResolveAsync(
        ReadableRepository repository, RouteText revision, RouteText path, HttpContext http, FileFinder files, TreeReader trees,
        IBlobStore blobs, XetFiles xet, PublicAddress address, HubOptions options, DownloadCounter downloads, CancellationToken stop)
    {
        var (resolved, entry) = await files.GetAsync(repository, revision, path, http, stop);
        downloads.Count(repository.Repository, entry.Path);
        if (HttpMethods.IsGet(http.Request.Method)) ZooMeter.DownloadsServed.Add(1, new KeyValuePair<string, object?>("kind", repository.Repository.Kind.Word()));
        if (entry.Pointer is not { } pointer)
        {
            await SendRegularAsync(repository, resolved, entry, http, trees, stop);
            return;
        }
        http.Response.Headers["X-Linked-Etag"] = $"\"{pointer.Digest.Hex}\"";
        http.Response.Headers["X-Linked-Size"] = pointer.SizeBytes.ToString();
        var headers = Headers(http, repository, resolved, entry.Path, pointer.Digest.Hex, MediaTypes.Of(entry.Path));
        if (await xet.FindAsync(pointer.Digest, stop) is { } file && options.Xet.Enabled)
        {
            var (refreshUrl, reconstructionUrl) = XetEndpoints.Advertise(http, repository, resolved, file, address.Of(http));
            if (XetEndpoints.WantsFacts(http.Request))
            {
                http.Response.Headers.ETag = headers.ETag;
                http.Response.Headers.CacheControl = headers.CacheControl;
                http.Response.Headers.Vary = "Accept";
                await http.Response.WriteAsJsonAsync(new { hash = file.Hash.ToString(), refreshUrl, reconstructionUrl }, null as System.Text.Json.JsonSerializerOptions, XetEndpoints.FileFacts, stop);
                return;
            }
        }
        await BlobResponse.SendAsync(http, blobs, pointer.Digest, pointer.SizeBytes, headers, options.Storage.SendsElsewhere ? s_redirectFor : null);
    }

    static async Task RawAsync(
        ReadableRepository repository, RouteText revision, RouteText path, HttpContext http, FileFinder files, TreeReader trees, CancellationToken stop)
    {
        var (resolved, entry) = await files.GetAsync(repository, revision, path, http, stop);
        await SendRegularAsync(repository, resolved, entry, http, trees, stop);
    }

    static async Task SendRegularAsync(
        ReadableRepository repository, ResolvedRevision resolved, FolderEntry entry, HttpContext http, TreeReader trees, CancellationToken stop)
    {
        var type = entry.Pointer is null ? MediaTypes.Of(entry.Path) : "text/plain; charset=utf-8";
        var headers = Headers(http, repository, resolved, entry.Path, entry.Id.Hex, type);
        // HEAD asks for facts: the content stays in the database.
        if (HttpMethods.IsHead(http.Request.Method)) BlobResponse.Describe(http, entry.BlobBytes, headers);
        else await BlobResponse.SendAsync(http, await trees.GetContentAsync(repository.Repository.SpaceId, entry.Id, stop), headers);
    }

    static BlobHeaders Headers(HttpContext http, ReadableRepository repository, ResolvedRevision resolved, RepoPath path, string etag, string type)
    {
        // Files are other people's: shown in this origin, they may not run anything.
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        var query = http.Request.Query;
        return new($"\"{etag}\"", type)
        {
            ContentDisposition = Query.Flag(query["noContentDisposition"]) ? null : Disposition(path.Name, Query.Flag(query["download"])),
            CacheControl = repository.Repository.IsPrivate ? "private, no-store" : resolved.IsImmutable ? "public, max-age=31536000, immutable" : "no-cache",
        };
    }

    /// <summary>Clients read the ASCII name up to and including the last semicolon.</summary>
    static string Disposition(string name, bool attachment)
    {
        var ascii = new StringBuilder(name.Length);
        foreach (var c in name) ascii.Append(c is >= ' ' and < '\u007f' and not '"' and not '\\' ? c : '_');
        return $"{(attachment ? "attachment" : "inline")}; filename*=UTF-8''{Uri.EscapeDataString(name)}; filename=\"{ascii}\";";
    }
}
