using Microsoft.AspNetCore.Http;
using ModelZoo.Git;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Commits;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Discussions;

/// <summary>Puts the pages of threads together.</summary>
sealed class DiscussionPageLoader(
    PageFrames frames, RepositoryPageParts parts, DiscussionWriter discussions, DiscussionQuery query, PullRequestMerge merges, ChangedFiles changed)
{
    const int PageSize = 50;
    const int EventsOfPage = 40;

    public async Task<DiscussionsPageModel> ListAsync(ReadableRepository proof, HttpContext http, CancellationToken stop)
    {
        var asked = http.Request.Query;
        var status = asked["status"].ToString() is var word && word is "closed" or "all" ? word : "open";
        var kind = asked["type"].ToString() is var chosen && chosen is DiscussionKind.Discussion or DiscussionKind.PullRequest ? chosen : null;
        var skip = int.TryParse(asked["skip"], out var wanted) ? Math.Clamp(wanted, 0, 1_000_000) : 0;
        var filter = new DiscussionFilter { Kind = kind, IsOpen = status switch { "open" => true, "closed" => false, _ => null } };
        var page = await query.ListAsync(proof.Id, filter, skip, PageSize, stop);
        var links = RepositoryPageParts.Links(proof.Repository);
        Href At(string status, string? kind, int skip = 0) =>
            Href.Local($"{links.Discussions.Value}?status={status}{(kind is null ? "" : $"&type={kind}")}{(skip > 0 ? $"&skip={skip}" : "")}");
        return new(frames.For(http, proof.Repository.Kind.Plural()), await HeadingAsync(proof, stop))
        {
            Items = [.. page.Items.Select(Line)],
            Statuses = [new("Open", page.Open, status == "open", At("open", kind)), new("Closed", page.Closed, status == "closed", At("closed", kind)), new("All", null, status == "all", At("all", kind))],
            Kinds =
            [
                new("Everything", null, kind is null, At(status, null)), new("Discussions", null, kind == DiscussionKind.Discussion, At(status, DiscussionKind.Discussion)),
                new("Pull requests", null, kind == DiscussionKind.PullRequest, At(status, DiscussionKind.PullRequest)),
            ],
            TakesNew = proof.Repository.AllowsDiscussions,
            FirstPage = skip > 0 ? At(status, kind) : null,
            NextPage = skip + page.Items.Count < page.Matching ? At(status, kind, skip + PageSize) : null,
        };
    }

    public async Task<DiscussionPageModel> ShowAsync(ReadableRepository proof, long number, HttpContext http, CancellationToken stop)
    {
        var discussion = await discussions.GetAsync(proof, number, stop);
        var from = int.TryParse(http.Request.Query["from"], out var wanted) ? Math.Clamp(wanted, 0, DiscussionLimits.MostEvents) : 0;
        var events = await query.EventsAsync(proof.Id, number, from, EventsOfPage, stop);
        var here = RepositoryPageParts.Links(proof.Repository).Discussion(number);
        var me = proof is ContributingRepository { Author: var author } ? author : null;
        var isWriter = proof.Level >= AccessLevel.Write;
        return new(frames.For(http, proof.Repository.Kind.Plural()), await HeadingAsync(proof, stop), Line(discussion))
        {
            Items = [.. events.Select(happened => Item(proof, happened, me?.Id, isWriter))],
            Change = discussion.IsPullRequest ? Change(discussion, await merges.LookAsync(proof.Repository, discussion, stop)) : null,
            MayComment = me is not null,
            MayKeep = isWriter || discussion.AuthorId == me?.Id,
            MayMerge = isWriter,
            FirstPage = from > 0 ? here : null,
            NextPage = from + events.Count < discussion.Events ? Href.Local($"{here.Value}?from={from + EventsOfPage}") : null,
        };
    }

    public async Task<DiscussionFilesPageModel> FilesAsync(ReadableRepository proof, long number, HttpContext http, CancellationToken stop)
    {
        var discussion = await discussions.GetAsync(proof, number, stop);
        if (!discussion.IsPullRequest) throw Refusal.NotFound("A discussion changes no files.");
        var state = await merges.LookAsync(proof.Repository, discussion, stop);
        var (files, more) = state.Head is null ? ([], 0)
            : await changed.ListAsync(proof.Repository, state.BaseTree ?? ObjectId.EmptyTree, state.Head.Tree, state.Head.Id, stop);
        return new(frames.For(http, proof.Repository.Kind.Plural()), await HeadingAsync(proof, stop), Line(discussion), Change(discussion, state)) { Files = files, MoreFiles = more };
    }

    public async Task<EditCommentPageModel> EditAsync(ContributingRepository proof, long number, string commentId, FormState form, HttpContext http, CancellationToken stop)
    {
        var discussion = await discussions.GetAsync(proof, number, stop);
        var comment = Ids.TryFromWire(commentId, out var id) ? await query.FindEventAsync(proof.Id, number, id, stop) : null;
        if (comment is not { Kind: EventKind.Comment, HiddenAt: null } || comment.AuthorId != proof.Author.Id) throw Refusal.NotFound("There is no such comment of yours.");
        return new(frames.For(http, proof.Repository.Kind.Plural()), await HeadingAsync(proof, stop), Line(discussion), commentId, comment.Content, form);
    }

    public async Task<NewDiscussionPageModel> NewAsync(ReadableRepository proof, FormState form, HttpContext http, CancellationToken stop) =>
        new(frames.For(http, proof.Repository.Kind.Plural()), await HeadingAsync(proof, stop), form);

    async Task<RepositoryHeading> HeadingAsync(ReadableRepository proof, CancellationToken stop) =>
        await parts.HeadingAsync(proof, await parts.FindHeadAsync(proof, stop), stop) with { Revision = null };

    DiscussionItem Item(ReadableRepository proof, DiscussionEvent happened, long? myId, bool isWriter)
    {
        var (isComment, isMine, isHidden) = (happened.Kind == EventKind.Comment, happened.AuthorId == myId, happened.HiddenAt is not null);
        return new(Ids.ToWire(happened.Id), happened.Kind, happened.Author, DateTimeOffset.FromUnixTimeMilliseconds(happened.CreatedAt))
        {
            Subject = happened.Subject ?? "",
            Detail = happened.Detail ?? "",
            Text = happened.Content.Length == 0 ? default : parts.Render(proof.Repository, proof.Repository.DefaultBranch, "", happened.Content, $"{happened.Ordinal}-"),
            IsHidden = isHidden,
            IsEdited = happened.Versions.Count > 1,
            MayEdit = isComment && isMine && !isHidden,
            MayHide = isComment && (isMine || isWriter) && !isHidden,
        };
    }

    /// <summary>The number of the event that the last page begins with.</summary>
    public static long LastPage(Discussion discussion) => Math.Max(0, discussion.Events - 1) / EventsOfPage * EventsOfPage;

    static DiscussionLine Line(Discussion discussion) =>
        new(discussion.Number, discussion.Title, discussion.Status, discussion.IsPullRequest, discussion.Author, DateTimeOffset.FromUnixTimeMilliseconds(discussion.CreatedAt))
        {
            Comments = discussion.Comments,
        };

    static DiscussionChange Change(Discussion pull, PullRequestState state) => new(pull.Reference, pull.Target!["refs/heads/".Length..])
    {
        HeadId = state.Head?.Id,
        MergeId = pull.MergeId,
        Conflicts = state.Conflicts,
        HasCommits = state.Head is not null && state.Head.Id != pull.BaseId,
    };
}
