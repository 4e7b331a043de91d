using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>The commits behind a revision, and the difference between two.</summary>
static class HistoryEndpoints
{
    const int PageSize = 50;
    const int MaxPageSize = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{HuggingFaceRoutes.Repository}/commits/{{**revision}}", CommitsAsync);
        app.MapGet($"{HuggingFaceRoutes.Repository}/compare/{{**range}}", CompareAsync);
    }

    static async Task<IResult> CommitsAsync(
        ReadableRepository repository, RouteText revision, HttpContext http, RevisionResolver revisions, CommitStore commits, PublicAddress address, CancellationToken stop)
    {
        var resolved = await revisions.GetAsync(repository, revision, stop);
        var query = http.Request.Query;
        var limit = Query.Limit(query["limit"], PageSize, MaxPageSize);
        var page = int.TryParse(query["p"], out var p) && p is >= 0 and < 1_000_000 ? p : 0;
        var formatted = Query.List(query, "expand").Contains("formatted");
        var rows = await commits.HistoryAsync(repository.Repository.SpaceId, resolved.Commit.ObjectId, (long)page * limit, limit, stop);
        http.Response.Headers["X-Total-Count"] = resolved.Commit.Ancestors.ToString();
        if ((long)(page + 1) * limit < resolved.Commit.Ancestors) Query.Link(http, address, "p", (page + 1).ToString());
        return Results.Json(rows.Select(row => Describe(row, formatted)));
    }

    static Dictionary<string, object> Describe(CommitRow row, bool formatted)
    {
        var item = new Dictionary<string, object>
        {
            ["id"] = row.Id,
            ["title"] = row.Title,
            ["message"] = row.Body,
            ["date"] = Clock.Iso(row.CommittedAt),
            ["authors"] = new[] { new { user = row.AuthorName, avatar = "/assets/account.svg" } },
        };
        if (formatted) item["formatted"] = new { title = Html(row.Title), message = Html(row.Body) };
        return item;
    }

    static string Html(string text) => System.Net.WebUtility.HtmlEncode(text);

    static async Task<IResult> CompareAsync(
        ReadableRepository repository, RouteText range, HttpResponse response, RevisionResolver revisions, RevisionDiff diff, CancellationToken stop)
    {
        var dots = range.Value.IndexOf("..", StringComparison.Ordinal);
        if (dots < 1) throw Refusal.Invalid("Compare takes two revisions: {a}..{b}");
        var before = await revisions.GetAsync(repository, range.Value[..dots], stop);
        var after = await revisions.GetAsync(repository, range.Value[(dots + 2)..].TrimStart('.'), stop);
        var text = new StringBuilder();
        await foreach (var file in diff.CompareAsync(repository.Repository.SpaceId, before.Commit.Tree, after.Commit.Tree, stop)) text.Append(file.Unified);
        return Results.Text(text.ToString(), "text/plain", Encoding.UTF8);
    }
}
