using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Community;

/// <summary>Reads threads: lists of them, and what happened in one.</summary>
sealed class DiscussionQuery(HubDatabase database)
{
    const string Matching = """
        discussion.repository_id = @repositoryId
          and (cast(@kind as text) is null or discussion.kind = @kind)
          and (cast(@isOpen as bigint) is null or (case when discussion.status in ('draft', 'open') then 1 else 0 end) = @isOpen)
          and (cast(@author as text) is null or account.handle_key = @author)
        """;

    /// <summary>Highest number first.</summary>
    public async Task<DiscussionPage> ListAsync(long repositoryId, DiscussionFilter filter, long skip, int limit, CancellationToken stop)
    {
        var values = new
        {
            repositoryId, kind = filter.Kind, isOpen = filter.IsOpen is { } open ? (open ? 1L : 0L) : (long?)null, author = filter.Author?.ToLowerInvariant(), skip, limit,
        };
        var items = await database.ListAsync<Discussion>($"""
            select {DiscussionStore.Columns}
            from discussion
            join account on account.id = discussion.author_id
            where {Matching}
            order by discussion.number desc
            limit @limit
            offset @skip
            """, values, stop);
        var counts = await database.FindAsync<Counts>($"""
            select
                (select count(*) from discussion join account on account.id = discussion.author_id where {Matching}) as matching,
                count(*) filter (where status in ('draft', 'open')) as open,
                count(*) filter (where status in ('closed', 'merged')) as closed
            from discussion
            where repository_id = @repositoryId
            """, values, stop);
        return new(items, counts!.Matching, counts.Open, counts.Closed);
    }

    public Task<long> CountOpenAsync(long repositoryId, CancellationToken stop) => database.FindAsync<long>("""
        select count(*)
        from discussion
        where repository_id = @repositoryId
          and status in ('draft', 'open')
        """, new { repositoryId }, stop);

    /// <summary>How many threads an account has opened, anywhere that is not private.</summary>
    public Task<long> CountByAuthorAsync(long authorId, CancellationToken stop) => database.FindAsync<long>("""
        select count(*)
        from discussion
        join repository on repository.id = discussion.repository_id
        where discussion.author_id = @authorId
          and repository.visibility = 'public'
        """, new { authorId }, stop);

    /// <summary>What happened in a thread, in order, with all that its comments ever said.</summary>
    public async Task<IReadOnlyList<DiscussionEvent>> EventsAsync(long repositoryId, long number, long from, int limit, CancellationToken stop)
    {
        var values = new { repositoryId, number, from, until = from + limit };
        var events = await database.ListAsync<DiscussionEvent>("""
            select
                discussion_event.id, discussion_event.ordinal, discussion_event.kind, discussion_event.author_id, account.handle as author, account.full_name as author_name,
                discussion_event.created_at, discussion_event.subject, discussion_event.detail, discussion_event.hidden_at
            from discussion_event
            join account on account.id = discussion_event.author_id
            where discussion_event.repository_id = @repositoryId
              and discussion_event.number = @number
              and discussion_event.ordinal >= @from
              and discussion_event.ordinal < @until
            order by discussion_event.ordinal
            """, values, stop);
        var versions = (await database.ListAsync<CommentVersion>("""
            select comment_version.event_id, comment_version.version, comment_version.content, account.handle as author, comment_version.written_at
            from discussion_event
            join comment_version on comment_version.event_id = discussion_event.id
            join account on account.id = comment_version.author_id
            where discussion_event.repository_id = @repositoryId
              and discussion_event.number = @number
              and discussion_event.ordinal >= @from
              and discussion_event.ordinal < @until
              and discussion_event.hidden_at is null
            order by comment_version.event_id, comment_version.version
            """, values, stop)).ToLookup(version => version.EventId);
        return [.. events.Select(happened => happened with { Versions = happened.HiddenAt is null ? [.. versions[happened.Id]] : [] })];
    }

    public async Task<DiscussionEvent?> FindEventAsync(long repositoryId, long number, long eventId, CancellationToken stop) => await database.FindAsync<long?>("""
        select ordinal
        from discussion_event
        where id = @eventId
          and repository_id = @repositoryId
          and number = @number
        """, new { repositoryId, number, eventId }, stop) is { } ordinal
        ? (await EventsAsync(repositoryId, number, ordinal, 1, stop)).FirstOrDefault(happened => happened.Id == eventId)
        : null;

    sealed record Counts
    {
        public long Matching { get; init; }
        public long Open { get; init; }
        public long Closed { get; init; }
    }
}
