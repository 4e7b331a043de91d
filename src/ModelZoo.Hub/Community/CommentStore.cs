using System.Data.Common;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Community;

/// <summary>Changes what comments say, in the caller's transaction, which holds the thread.</summary>
sealed class CommentStore(TimeProvider time)
{
    /// <summary>A new version of a comment.</summary>
    /// <exception cref="Refusal">The thread or the comment has no room for it.</exception>
    public async Task AddVersionAsync(DbTransaction transaction, long repositoryId, long number, long eventId, string content, long authorId, CancellationToken stop)
    {
        var values = new { repositoryId, number, eventId, content, authorId, length = (long)content.Length, now = time.NowMs(), longest = DiscussionLimits.LongestThread };
        var versions = await transaction.FindAsync<long>("select count(*) from comment_version where event_id = @eventId", values, stop);
        if (versions >= DiscussionLimits.MostVersions) throw Refusal.Conflict("This comment has been edited as often as one may be; write another.");
        var fits = await transaction.ExecuteAsync("""
            update discussion
            set text_length = text_length + @length, updated_at = @now
            where repository_id = @repositoryId
              and number = @number
              and text_length + @length <= @longest
            """, values, stop);
        if (fits == 0) throw Refusal.Conflict("This discussion is as long as one may be; open a new one.");
        await transaction.ExecuteAsync("""
            insert into comment_version (event_id, version, content, author_id, written_at)
            select @eventId, count(*), @content, @authorId, @now
            from comment_version
            where event_id = @eventId
            """, values, stop);
    }

    public static async Task<bool> IsHiddenAsync(DbTransaction transaction, long eventId, CancellationToken stop) => await transaction.FindAsync<long?>("""
        select hidden_at
        from discussion_event
        where id = @eventId
        """, new { eventId }, stop) is not null;

    /// <summary>What the comment said is gone, in all its versions. Cannot be undone.</summary>
    public async Task HideAsync(DbTransaction transaction, long repositoryId, long number, long eventId, CancellationToken stop)
    {
        var values = new { repositoryId, number, eventId, now = time.NowMs() };
        await transaction.ExecuteAsync("""
            update discussion
            set updated_at = @now,
                text_length = text_length - (select coalesce(sum(length(content)), 0) from comment_version where event_id = @eventId)
            where repository_id = @repositoryId
              and number = @number
            """, values, stop);
        await transaction.ExecuteAsync("delete from comment_version where event_id = @eventId", values, stop);
        await transaction.ExecuteAsync("update discussion_event set hidden_at = @now where id = @eventId", values, stop);
    }
}
