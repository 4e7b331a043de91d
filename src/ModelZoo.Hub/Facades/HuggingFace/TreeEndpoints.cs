using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Lists of files: a folder or everything below it, and chosen paths.</summary>
static class TreeEndpoints
{
    const int PageSize = 1_000;
    const int ExpandedPageSize = 100;
    const int MaxPaths = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{HuggingFaceRoutes.Repository}/tree/{{**revisionAndPath}}", TreeAsync);
        app.MapPost($"{HuggingFaceRoutes.Repository}/paths-info/{{revision}}", PathsAsync).DisableAntiforgery();
    }

    static async Task<IResult> TreeAsync(
        ReadableRepository repository, RouteText revisionAndPath, HttpContext http, RevisionResolver revisions, TreeReader trees,
        LastChangeReader lastChanges, XetFiles xet, HubOptions options, PublicAddress address, CancellationToken stop)
    {
        var (revision, pathText) = await SplitAsync(repository, http, revisionAndPath, revisions, stop);
        http.Response.Headers["X-Repo-Commit"] = revision.CommitId;
        var (folder, path) = await GetFolderAsync(repository, revision, pathText, trees, stop);

        var query = http.Request.Query;
        var expand = Query.Flag(query["expand"]);
        var limit = Query.Limit(query["limit"], expand ? ExpandedPageSize : PageSize, PageSize);
        var skip = Query.Cursor(query["cursor"]);
        var entries = Query.Flag(query["recursive"])
            ? trees.WalkAsync(repository.Repository.SpaceId, folder, path, stop)
            : (await trees.ListAsync(repository.Repository.SpaceId, folder, path, stop)).ToAsyncEnumerable();
        var page = await entries.Skip(skip).Take(limit + 1).ToListAsync(stop);
        if (page.Count > limit)
        {
            page.RemoveAt(limit);
            Query.Link(http, address, "cursor", Query.ToCursor(skip + limit));
        }
        var changes = expand ? await lastChanges.FindAsync(repository, revision, [.. page.Select(e => e.Path)], stop) : null;
        var files = await XetAsync(page, xet, options, stop);
        return JsonLines.Array(page, (json, entry) => Describe(json, entry, changes, files));
    }

    static async Task<IResult> PathsAsync(
        ReadableRepository repository, RouteText revision, HttpContext http, RevisionResolver revisions, TreeReader trees,
        LastChangeReader lastChanges, XetFiles xet, HubOptions options, CancellationToken stop)
    {
        var resolved = await revisions.GetAsync(repository, revision, stop);
        http.Response.Headers["X-Repo-Commit"] = resolved.CommitId;
        var (paths, expand) = await ReadPathsAsync(http.Request, stop);
        if (paths.Count > MaxPaths) throw new Refusal(RefusalKind.TooLarge, $"At most {MaxPaths} paths may be asked for at once.");
        var found = new List<FolderEntry>(paths.Count);
        foreach (var text in paths)
        {
            if (!RepoPath.TryParse(text.TrimEnd('/'), out var path)) continue;
            if (await trees.FindAsync(repository.Repository.SpaceId, resolved.Commit.Tree, path, stop) is { } entry) found.Add(entry);
        }
        var changes = expand ? await lastChanges.FindAsync(repository, resolved, [.. found.Select(e => e.Path)], stop) : null;
        var files = await XetAsync(found, xet, options, stop);
        return JsonLines.Array(found, (json, entry) => Describe(json, entry, changes, files));
    }

    static async Task<IReadOnlyDictionary<Digest, XetFile>?> XetAsync(IReadOnlyCollection<FolderEntry> entries, XetFiles xet, HubOptions options, CancellationToken stop) =>
        options.Xet.Enabled ? await xet.FindManyAsync([.. entries.Select(entry => entry.Pointer?.Digest).OfType<Digest>()], stop) : null;

    /// <summary>Python encodes the revision into one segment; JavaScript leaves its slashes and the path's alike.</summary>
    static async Task<(ResolvedRevision Revision, string Path)> SplitAsync(
        ReadableRepository repository, HttpContext http, RouteText whole, RevisionResolver revisions, CancellationToken stop)
    {
        var raw = http.Request.RouteValues["revisionAndPath"] as string ?? "";
        var slash = raw.IndexOf('/');
        var first = RawPath.Restore(slash < 0 ? raw : raw[..slash]);
        var rest = slash < 0 ? "" : RawPath.Restore(raw[(slash + 1)..]);
        return await revisions.FindAsync(repository, first, stop) is { } revision
            ? (revision, rest)
            : await revisions.SplitAsync(repository, whole, stop);
    }

    static async Task<(ObjectId Folder, RepoPath? Path)> GetFolderAsync(
        ReadableRepository repository, ResolvedRevision revision, string text, TreeReader trees, CancellationToken stop)
    {
        text = text.Trim('/');
        if (text.Length == 0) return (revision.Commit.Tree, null);
        if (!RepoPath.TryParse(text, out var path)
            || await trees.FindEntryAsync(repository.Repository.SpaceId, revision.Commit.Tree, path, stop) is not { Mode: EntryMode.Folder } entry)
            throw Refusal.EntryNotFound(text, revision.CommitId);
        return (entry.Id, path);
    }

    static async Task<(IReadOnlyList<string> Paths, bool Expand)> ReadPathsAsync(HttpRequest request, CancellationToken stop)
    {
        if (request.HasFormContentType)
        {
            var form = await FormBody.ReadAsync(request, valueCount: MaxPaths + 100, valueLength: RepoPath.MaxBytes * 3, stop);
            return ([.. form["paths"].OfType<string>()], Query.Flag(form["expand"]));
        }
        var body = await JsonBody.ReadAsync(request, stop);
        return ([.. body.List("paths").Where(p => p.ValueKind == JsonValueKind.String).Select(p => p.GetString()!)], body.Flag("expand"));
    }

    static void Describe(Utf8JsonWriter json, FolderEntry entry, IReadOnlyDictionary<string, CommitRow>? changes, IReadOnlyDictionary<Digest, XetFile>? files)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, entry.IsFolder ? "directory" : "file");
        json.WriteString("oid"u8, entry.Id.Hex);
        json.WriteNumber("size"u8, entry.SizeBytes);
        json.WriteString("path"u8, entry.Path.Value);
        if (entry.Pointer is { } pointer)
        {
            json.WriteStartObject("lfs"u8);
            json.WriteString("oid"u8, pointer.Digest.Hex);
            json.WriteNumber("size"u8, pointer.SizeBytes);
            json.WriteNumber("pointerSize"u8, entry.BlobBytes);
            json.WriteEndObject();
            if (files is not null && files.TryGetValue(pointer.Digest, out var file)) json.WriteString("xetHash"u8, file.Hash.ToString());
        }
        if (changes is not null) DescribeState(json, entry, changes);
        json.WriteEndObject();
    }

    static void DescribeState(Utf8JsonWriter json, FolderEntry entry, IReadOnlyDictionary<string, CommitRow> changes)
    {
        if (changes.TryGetValue(entry.Path.Value, out var commit))
        {
            json.WriteStartObject("lastCommit"u8);
            json.WriteString("id"u8, commit.Id);
            json.WriteString("title"u8, commit.Title);
            json.WriteString("date"u8, Clock.Iso(commit.CommittedAt));
            json.WriteEndObject();
        }
        if (entry.IsFolder) return;
        json.WriteStartObject("securityFileStatus"u8);
        json.WriteString("status"u8, "unscanned");
        json.WriteNull("avScan"u8);
        json.WriteNull("pickleImportScan"u8);
        json.WriteEndObject();
    }
}
