using System.Data.Common;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Community;

/// <summary>
/// What people do in threads, and who may: everybody who may read and is somebody opens and comments; a thread's author and those who
/// write to the repository rename, close and open it again; a comment is edited by whoever wrote it, and hidden by him or by writers.
/// </summary>
sealed class DiscussionWriter(HubDatabase database, DiscussionStore discussions, DiscussionQuery query, CommentStore comments)
{
    public async Task<Discussion> OpenAsync(ContributingRepository by, string? title, string? description, CancellationToken stop)
    {
        var wanted = new Discussion
        {
            RepositoryId = by.Id, Kind = DiscussionKind.Discussion, Title = DiscussionLimits.Title(title), Status = DiscussionStatus.Open,
            AuthorId = by.Author.Id, Author = by.Author.Handle, AuthorName = by.Author.FullName,
        };
        var text = DiscussionLimits.Comment(description, "description", mayBeEmpty: true);
        return await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, by.Id, stop);
            await PullRequests.RequireRoomAsync(transaction, by, stop);
            var opened = await discussions.AddAsync(transaction, wanted, stop);
            await discussions.AddEventAsync(transaction, by.Id, opened.Number, NewEvent.Comment(by.Author.Id, text), stop);
            return opened;
        }, stop);
    }

    public async Task<Discussion> GetAsync(ReadableRepository repository, long number, CancellationToken stop) =>
        await discussions.FindAsync(repository.Id, number, stop) ?? throw Discussion.NotFound(number);

    public async Task<DiscussionEvent> CommentAsync(ContributingRepository by, long number, string? text, CancellationToken stop)
    {
        var content = DiscussionLimits.Comment(text, "comment");
        await GetAsync(by, number, stop);
        var id = await database.WriteAsync(transaction => discussions.AddEventAsync(transaction, by.Id, number, NewEvent.Comment(by.Author.Id, content), stop), stop);
        return (await query.FindEventAsync(by.Id, number, id, stop))!;
    }

    public async Task<DiscussionEvent> RenameAsync(ContributingRepository by, long number, string? title, CancellationToken stop)
    {
        var wanted = DiscussionLimits.Title(title);
        RequireKeeper(by, await GetAsync(by, number, stop));
        var id = await database.WriteAsync(async transaction =>
        {
            var status = await HoldAsync(transaction, by.Id, number, stop);
            if (status == DiscussionStatus.Merged) throw Refusal.Conflict($"Pull request {number} is merged; its title stays.");
            var before = (await DiscussionStore.FindTitleAsync(transaction, by.Id, number, stop))!;
            var added = await discussions.AddEventAsync(transaction, by.Id, number, new(EventKind.TitleChange, by.Author.Id) { Subject = wanted, Detail = before }, stop);
            await DiscussionStore.SetTitleAsync(transaction, by.Id, number, wanted, stop);
            return added;
        }, stop);
        return (await query.FindEventAsync(by.Id, number, id, stop))!;
    }

    /// <param name="status">open or closed; open also makes a draft ready to be merged.</param>
    public async Task<DiscussionEvent> SetStatusAsync(ContributingRepository by, long number, string? status, string? comment, CancellationToken stop)
    {
        if (status is not (DiscussionStatus.Open or DiscussionStatus.Closed)) throw Refusal.Invalid("\"status\" must be one of [open, closed]");
        var text = DiscussionLimits.Comment(comment, "comment", mayBeEmpty: true);
        RequireKeeper(by, await GetAsync(by, number, stop));
        var id = await database.WriteAsync(async transaction =>
        {
            var before = await HoldAsync(transaction, by.Id, number, stop);
            if (before == DiscussionStatus.Merged) throw Refusal.Conflict($"Pull request {number} is merged; that is for good.");
            if (before == status) throw Refusal.Conflict($"Discussion {number} is {status} already.");
            if (text.Length > 0) await discussions.AddEventAsync(transaction, by.Id, number, NewEvent.Comment(by.Author.Id, text), stop);
            await DiscussionStore.SetStatusAsync(transaction, by.Id, number, status, null, stop);
            return await discussions.AddEventAsync(transaction, by.Id, number, NewEvent.Status(by.Author.Id, status), stop);
        }, stop);
        return (await query.FindEventAsync(by.Id, number, id, stop))!;
    }

    public async Task<DiscussionEvent> EditAsync(ContributingRepository by, long number, long eventId, string? text, CancellationToken stop)
    {
        var content = DiscussionLimits.Comment(text, "content");
        if ((await GetCommentAsync(by, number, eventId, stop)).AuthorId != by.Author.Id) throw Refusal.Forbidden("Only who wrote a comment may edit it.");
        await ChangeAsync(by, number, eventId, transaction => comments.AddVersionAsync(transaction, by.Id, number, eventId, content, by.Author.Id, stop), stop);
        return (await query.FindEventAsync(by.Id, number, eventId, stop))!;
    }

    public async Task<DiscussionEvent> HideAsync(ContributingRepository by, long number, long eventId, CancellationToken stop)
    {
        if ((await GetCommentAsync(by, number, eventId, stop)).AuthorId != by.Author.Id && !by.IsWriter)
            throw Refusal.Forbidden($"Only who wrote a comment and those who may write to {by.Repository.FullName} may hide it.");
        await ChangeAsync(by, number, eventId, transaction => comments.HideAsync(transaction, by.Id, number, eventId, stop), stop);
        return (await query.FindEventAsync(by.Id, number, eventId, stop))!;
    }

    /// <summary>The comment may have been hidden since it was looked at: whoever holds the thread knows.</summary>
    Task ChangeAsync(ContributingRepository by, long number, long eventId, Func<DbTransaction, Task> change, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await HoldAsync(transaction, by.Id, number, stop);
        if (await CommentStore.IsHiddenAsync(transaction, eventId, stop)) throw Hidden();
        await change(transaction);
    }, stop);

    static async Task<string> HoldAsync(DbTransaction transaction, long repositoryId, long number, CancellationToken stop) =>
        await DiscussionStore.HoldAsync(transaction, repositoryId, number, stop) ?? throw Discussion.NotFound(number);

    async Task<DiscussionEvent> GetCommentAsync(ReadableRepository repository, long number, long eventId, CancellationToken stop)
    {
        if (await query.FindEventAsync(repository.Id, number, eventId, stop) is not { Kind: EventKind.Comment } comment) throw Refusal.NotFound("There is no such comment.");
        return comment.HiddenAt is null ? comment : throw Hidden();
    }

    static Refusal Hidden() => Refusal.Conflict("This comment is hidden, which cannot be undone.");

    /// <summary>Who opened a thread keeps it in order, together with those who write to the repository.</summary>
    static void RequireKeeper(ContributingRepository by, Discussion discussion)
    {
        if (!by.IsWriter && discussion.AuthorId != by.Author.Id)
            throw Refusal.Forbidden($"Only its author and those who may write to {by.Repository.FullName} may change discussion {discussion.Number}.");
    }
}
