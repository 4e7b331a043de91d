using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Discussions and pull requests: listed, opened, talked in, merged.</summary>
static class DiscussionEndpoints
{
    const int PageSize = 50;

    /// <summary>Longest difference in one answer; the page and git show the rest.</summary>
    const int MaxDiffLength = 4 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder app)
    {
        const string all = $"{HuggingFaceRoutes.Repository}/discussions";
        const string one = $"{all}/{{number:long}}";
        app.MapGet(all, ListAsync);
        app.MapPost(all, OpenAsync);
        app.MapGet(one, ReadAsync);
        app.MapPost($"{one}/comment", CommentAsync);
        app.MapPost($"{one}/title", RenameAsync);
        app.MapPost($"{one}/status", SetStatusAsync);
        app.MapPost($"{one}/merge", MergeAsync);
        app.MapPost($"{one}/comment/{{comment}}/edit", EditAsync);
        app.MapPost($"{one}/comment/{{comment}}/hide", HideAsync);
    }

    static async Task<IResult> ListAsync(ReadableRepository repository, HttpRequest request, DiscussionQuery discussions, HubOptions options, CancellationToken stop)
    {
        var query = request.Query;
        var filter = new DiscussionFilter
        {
            Kind = query["type"].ToString() switch
            {
                "" or "all" => null,
                DiscussionKind.Discussion => DiscussionKind.Discussion,
                DiscussionKind.PullRequest => DiscussionKind.PullRequest,
                _ => throw Refusal.Invalid("\"type\" must be one of [all, discussion, pull_request]"),
            },
            IsOpen = query["status"].ToString() switch
            {
                "" or "all" => null,
                "open" => true,
                "closed" => false,
                _ => throw Refusal.Invalid("\"status\" must be one of [all, open, closed]"),
            },
            Author = query["author"].ToString() is { Length: > 0 } author && !author.Contains('\0') ? author : null,
        };
        var start = (int.TryParse(query["p"], out var p) && p is >= 0 and < 1_000_000 ? p : 0L) * PageSize;
        var page = await discussions.ListAsync(repository.Id, filter, start, PageSize, stop);
        var describe = Describe(repository, options);
        return JsonLines.Object(new JsonObject
        {
            ["discussions"] = new JsonArray([.. page.Items.Select(describe.Of)]),
            ["count"] = page.Matching,
            ["start"] = start,
            ["numClosedDiscussions"] = page.Closed,
        });
    }

    static async Task<IResult> OpenAsync(
        ContributingRepository repository, HttpRequest request, DiscussionWriter writer, PullRequests pulls, HubOptions options, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var (title, description) = (body.Text("title"), body.Text("description"));
        var opened = !body.Flag("pullRequest")
            ? await writer.OpenAsync(repository, title, description, stop)
            : (await pulls.OpenAsync(repository, new(DiscussionLimits.Title(title), DiscussionLimits.Comment(description, "description", mayBeEmpty: true), repository.Repository.DefaultReference)
            {
                IsDraft = true,
            }, null, stop)).Discussion;
        return JsonLines.Object(Describe(repository, options).Of(opened));
    }

    static async Task<IResult> ReadAsync(
        ReadableRepository repository, long number, HttpRequest request, DiscussionWriter writer, DiscussionQuery query, PullRequestMerge merges, RevisionDiff diff, HubOptions options,
        CancellationToken stop)
    {
        var discussion = await writer.GetAsync(repository, number, stop);
        var describe = Describe(repository, options);
        var answer = describe.Of(discussion);
        answer["events"] = new JsonArray([.. (await query.EventsAsync(repository.Id, number, 0, DiscussionLimits.MostEvents, stop)).Select(describe.Of)]);
        if (!discussion.IsPullRequest) return JsonLines.Object(answer);
        var state = await merges.LookAsync(repository.Repository, discussion, stop);
        var changes = new JsonObject { ["base"] = discussion.Target };
        if (discussion.MergeId is not null) changes["mergeCommitId"] = discussion.MergeId;
        answer["changes"] = changes;
        answer["filesWithConflicts"] = new JsonArray([.. state.Conflicts.Select(path => JsonValue.Create(path))]);
        if (Query.Flag(request.Query["diff"])) answer["diff"] = await DiffAsync(repository.Repository, state, diff, stop);
        return JsonLines.Object(answer);
    }

    static async Task<string> DiffAsync(Repository repository, PullRequestState state, RevisionDiff diff, CancellationToken stop)
    {
        var text = new StringBuilder();
        if (state.Head is null) return "";
        await foreach (var file in diff.CompareAsync(repository.SpaceId, state.BaseTree, state.Head.Tree, stop))
        {
            text.Append(file.Unified);
            if (text.Length > MaxDiffLength) break;
        }
        return text.ToString();
    }

    static async Task<IResult> CommentAsync(ContributingRepository repository, long number, HttpRequest request, DiscussionWriter writer, HubOptions options, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        return Answer("newMessage", await writer.CommentAsync(repository, number, body.Text("comment"), stop), repository, options);
    }

    static async Task<IResult> RenameAsync(ContributingRepository repository, long number, HttpRequest request, DiscussionWriter writer, HubOptions options, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        return Answer("newTitle", await writer.RenameAsync(repository, number, body.Text("title"), stop), repository, options);
    }

    static async Task<IResult> SetStatusAsync(ContributingRepository repository, long number, HttpRequest request, DiscussionWriter writer, HubOptions options, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        return Answer("newStatus", await writer.SetStatusAsync(repository, number, body.Text("status"), body.Text("comment"), stop), repository, options);
    }

    static async Task<IResult> MergeAsync(WritableRepository repository, long number, HttpRequest request, PullRequestMerge merges, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var merged = await merges.MergeAsync(repository, number, DiscussionLimits.Comment(body.Text("comment"), "comment", mayBeEmpty: true), stop);
        return Results.Json(new { success = true, mergeCommitId = merged.Hex });
    }

    static async Task<IResult> EditAsync(
        ContributingRepository repository, long number, string comment, HttpRequest request, DiscussionWriter writer, HubOptions options, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        return Answer("updatedComment", await writer.EditAsync(repository, number, CommentId(comment), body.Text("content"), stop), repository, options);
    }

    static async Task<IResult> HideAsync(ContributingRepository repository, long number, string comment, DiscussionWriter writer, HubOptions options, CancellationToken stop) =>
        Answer("updatedComment", await writer.HideAsync(repository, number, CommentId(comment), stop), repository, options);

    static long CommentId(string comment) => Ids.TryFromWire(comment, out var id) ? id : throw Refusal.NotFound("There is no such comment.");

    static IResult Answer(string name, DiscussionEvent happened, ReadableRepository repository, HubOptions options) =>
        JsonLines.Object(new JsonObject { [name] = Describe(repository, options).Of(happened) });

    static DiscussionDescription Describe(ReadableRepository repository, HubOptions options) => new(repository.Repository, options.Cards.RemoteImages);
}
