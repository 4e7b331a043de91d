using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Before an upload: which files travel inline, which as large content, which not at all.</summary>
static class PreuploadEndpoints
{
    const int MaxFiles = 10_000;

    public static void Map(IEndpointRouteBuilder app) => app.MapPost($"{HuggingFaceRoutes.Repository}/preupload/{{revision}}", PreuploadAsync);

    static async Task<IResult> PreuploadAsync(
        ContributingRepository repository, RouteText revision, HttpContext http, RevisionResolver revisions, TreeReader trees, PullRequests pulls, HubOptions options,
        CancellationToken stop)
    {
        var resolved = await revisions.GetAsync(repository, revision, stop);
        // Whoever may not write is told now, before content travels for nothing.
        if (!repository.IsWriter && !Query.Flag(http.Request.Query["create_pr"])) await pulls.ProveAsync(repository, resolved.Reference ?? "", stop);
        var body = await JsonBody.ReadAsync(http.Request, stop);
        var files = body.List("files");
        if (files.Count > MaxFiles) throw new Refusal(RefusalKind.TooLarge, $"At most {MaxFiles} files may be announced at once.");
        var (space, tree) = (repository.Repository.SpaceId, resolved.Commit.Tree);
        var attributes = GitAttributes.Parse(body.Text("gitAttributes") ?? await TextAsync(trees, space, tree, ".gitattributes", stop));
        var ignore = GitIgnore.Parse(body.Text("gitIgnore") ?? await TextAsync(trees, space, tree, ".gitignore", stop));

        var answers = new JsonArray();
        foreach (var file in files)
        {
            var text = Field(file, "path") is { ValueKind: JsonValueKind.String } at ? at.GetString() : null;
            if (!RepoPath.TryParse(text, out var path, out var problem)) throw Refusal.Invalid($"{problem} (\"{Shown(text)}\")");
            var size = Field(file, "size") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var bytes) ? bytes : 0;
            var isLarge = size > 0 && (size > options.Limits.InlineBytes || attributes.IsLfs(path));
            var answer = new JsonObject { ["path"] = text, ["uploadMode"] = isLarge ? "lfs" : "regular", ["shouldIgnore"] = ignore.IsIgnored(path) };
            if (await trees.FindAsync(space, tree, path, stop) is { IsFolder: false } present) answer["oid"] = present.ContentId;
            answers.Add(answer);
        }
        return Results.Json(new JsonObject { ["files"] = answers, ["commitOid"] = resolved.CommitId });
    }

    static async Task<string> TextAsync(TreeReader trees, long space, ObjectId tree, string name, CancellationToken stop) =>
        await trees.FindAsync(space, tree, RepoPath.Parse(name), stop) is { IsFolder: false, BlobBytes: < 1_000_000 } entry
            ? Encoding.UTF8.GetString(await trees.GetContentAsync(space, entry.Id, stop))
            : "";

    static JsonElement? Field(JsonElement file, string name) => file.ValueKind == JsonValueKind.Object && file.TryGetProperty(name, out var value) ? value : null;

    static string Shown(string? text) => text is null ? "" : text.Length > 100 ? text[..100] + "…" : text;
}
