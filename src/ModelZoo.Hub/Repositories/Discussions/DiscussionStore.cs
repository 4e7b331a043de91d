using System.Data.Common;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Discussions;

/// <summary>Threads and what happens in them: numbered, written and moved from status to status, always in the caller's transaction.</summary>
sealed class DiscussionStore(HubDatabase database, TimeProvider time)
{
    internal const string Columns = """
        discussion.repository_id, discussion.number, discussion.kind, discussion.title, discussion.author_id, account.handle as author, account.full_name as author_name,
        discussion.status, discussion.target, discussion.base_id, discussion.merge_id, discussion.events, discussion.comments, discussion.text_length,
        discussion.created_at, discussion.updated_at
        """;

    public Task<Discussion?> FindAsync(long repositoryId, long number, CancellationToken stop) => database.FindAsync<Discussion>($"""
        select {Columns}
        from discussion
        join account on account.id = discussion.author_id
        where discussion.repository_id = @repositoryId
          and discussion.number = @number
        """, new { repositoryId, number }, stop);

    /// <summary>
    /// Writes a new thread under the next number. Whoever does holds the repository's references (<see cref="ReferenceStore.HoldAsync"/>), so
    /// two of them take turns and no number is left out or given twice.
    /// </summary>
    public async Task<Discussion> AddAsync(DbTransaction transaction, Discussion wanted, CancellationToken stop)
    {
        var number = await transaction.FindAsync<long>("select coalesce(max(number), 0) + 1 from discussion where repository_id = @RepositoryId", new { wanted.RepositoryId }, stop);
        var added = wanted with { Number = number, CreatedAt = time.NowMs(), UpdatedAt = time.NowMs() };
        await transaction.ExecuteAsync("""
            insert into discussion (
                repository_id, number, kind, title, author_id, status, target, base_id, events, comments, text_length, created_at, updated_at)
            values (
                @RepositoryId, @Number, @Kind, @Title, @AuthorId, @Status, @Target, @BaseId, 0, 0, 0, @CreatedAt, @UpdatedAt)
            """, new { added.RepositoryId, added.Number, added.Kind, added.Title, added.AuthorId, added.Status, added.Target, added.BaseId, added.CreatedAt, added.UpdatedAt }, stop);
        return added;
    }

    /// <summary>Adds an event at the end of a thread.</summary>
    /// <returns>The event's id.</returns>
    /// <exception cref="Refusal">The thread is as long as one may be, or not there.</exception>
    public async Task<long> AddEventAsync(DbTransaction transaction, long repositoryId, long number, NewEvent added, CancellationToken stop)
    {
        var length = (long)(added.Content?.Length ?? 0);
        var now = time.NowMs();
        var ordinal = await transaction.FindAsync<long?>("""
            update discussion
            set events = events + 1, comments = comments + @comments, text_length = text_length + @length, updated_at = @now
            where repository_id = @repositoryId
              and number = @number
              and events < @mostEvents
              and text_length + @length <= @longest
            returning events - 1
            """,
            new
            {
                repositoryId, number, now, length, comments = added.Content is null ? 0L : 1L,
                mostEvents = (long)DiscussionLimits.MostEvents, longest = DiscussionLimits.LongestThread,
            }, stop) ?? throw Refusal.Conflict("This discussion is as long as one may be; open a new one.");
        var id = Ids.Next(time);
        await transaction.ExecuteAsync("""
            insert into discussion_event (id, repository_id, number, ordinal, kind, author_id, created_at, subject, detail)
            values (@id, @repositoryId, @number, @ordinal, @Kind, @AuthorId, @now, @Subject, @Detail)
            """, new { id, repositoryId, number, ordinal, added.Kind, added.AuthorId, now, added.Subject, added.Detail }, stop);
        if (added.Content is not null)
            await transaction.ExecuteAsync("""
                insert into comment_version (event_id, version, content, author_id, written_at)
                values (@id, 0, @Content, @AuthorId, @now)
                """, new { id, added.Content, added.AuthorId, now }, stop);
        return id;
    }

    /// <summary>Holds the thread's row until the transaction ends, and says how it stands now; null when there is none.</summary>
    public static Task<string?> HoldAsync(DbTransaction transaction, long repositoryId, long number, CancellationToken stop) => transaction.FindAsync<string>("""
        update discussion
        set updated_at = updated_at
        where repository_id = @repositoryId
          and number = @number
        returning status
        """, new { repositoryId, number }, stop);

    public static Task SetStatusAsync(DbTransaction transaction, long repositoryId, long number, string status, string? mergeId, CancellationToken stop) => transaction.ExecuteAsync("""
        update discussion
        set status = @status, merge_id = coalesce(@mergeId, merge_id)
        where repository_id = @repositoryId
          and number = @number
        """, new { repositoryId, number, status, mergeId }, stop);

    public static Task<string?> FindTitleAsync(DbTransaction transaction, long repositoryId, long number, CancellationToken stop) => transaction.FindAsync<string>("""
        select title
        from discussion
        where repository_id = @repositoryId
          and number = @number
        """, new { repositoryId, number }, stop);

    public static Task SetTitleAsync(DbTransaction transaction, long repositoryId, long number, string title, CancellationToken stop) => transaction.ExecuteAsync("""
        update discussion
        set title = @title
        where repository_id = @repositoryId
          and number = @number
        """, new { repositoryId, number, title }, stop);

    /// <summary>The pull request of an account that somebody opened with these words in its description.</summary>
    /// <param name="mark">Without wildcards of LIKE.</param>
    public static Task<long?> FindMarkedAsync(DbTransaction transaction, long repositoryId, long authorId, string mark, CancellationToken stop) => transaction.FindAsync<long?>("""
        select discussion.number
        from discussion
        join discussion_event on discussion_event.repository_id = discussion.repository_id
                             and discussion_event.number = discussion.number
                             and discussion_event.ordinal = 0
        join comment_version on comment_version.event_id = discussion_event.id
                            and comment_version.version = 0
        where discussion.repository_id = @repositoryId
          and discussion.author_id = @authorId
          and discussion.kind = 'pull_request'
          and comment_version.content like @pattern
        order by discussion.number
        limit 1
        """, new { repositoryId, authorId, pattern = $"%{mark}%" }, stop);

    /// <summary>How many threads an account has open in a repository.</summary>
    public static Task<long> CountOpenAsync(DbTransaction transaction, long repositoryId, long authorId, CancellationToken stop) => transaction.FindAsync<long>("""
        select count(*)
        from discussion
        where author_id = @authorId
          and repository_id = @repositoryId
          and status in ('draft', 'open')
        """, new { repositoryId, authorId }, stop);

    /// <summary>The numbers of the pull requests that commits may go to; of one author only, when given.</summary>
    public Task<IReadOnlyList<long>> ListOpenPullRequestsAsync(long repositoryId, long? authorId, CancellationToken stop) => database.ListAsync<long>("""
        select number
        from discussion
        where repository_id = @repositoryId
          and status in ('draft', 'open')
          and kind = 'pull_request'
          and (author_id = @authorId or cast(@authorId as bigint) is null)
        order by number
        """, new { repositoryId, authorId }, stop);
}
