using System.Data.Common;
using Dapper;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Jobs;

/// <summary>The queue: enqueue in the caller's transaction, claim by lease, report, retry with back-off. All its SQL.</summary>
sealed class JobStore(HubDatabase database, TimeProvider time)
{
    const string Columns = """
        id, name, payload, subject, repository_id, account_id, state, attempts, max_attempts, run_after, lease_until,
        progress, message, created_at, started_at, finished_at
        """;

    const int DefaultMaxAttempts = 5;

    const int ClaimAttempts = 4;

    /// <summary>How long a worker may be silent before another may try.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>Adds the job; it exists if and only if the caller's transaction commits. Null when one like it waits already.</summary>
    public async Task<long?> EnqueueAsync(DbTransaction transaction, NewJob job, CancellationToken stop)
    {
        var (id, now) = (Ids.Next(time), time.NowMs());
        var added = await transaction.ExecuteAsync("""
            insert into job (
                id, name, payload, subject, repository_id, account_id, state, attempts, max_attempts, run_after, progress, message, created_at)
            values (
                @id, @Name, @Payload, @Subject, @RepositoryId, @AccountId, 'waiting', 0, @max, @now, 0, '', @now)
            on conflict (name, subject) where state = 'waiting' and subject is not null do nothing
            """, new { id, job.Name, job.Payload, job.Subject, job.RepositoryId, job.AccountId, max = (long)DefaultMaxAttempts, now }, stop);
        return added == 1 ? id : null;
    }

    public Task<long?> EnqueueAsync(NewJob job, CancellationToken stop) => database.WriteAsync(transaction => EnqueueAsync(transaction, job, stop), stop);

    /// <summary>Takes the next job that is due, or one whose worker fell silent. Null when there is none.</summary>
    /// <param name="leaseId">Fresh for each try: what proves later that the job is still this try's.</param>
    /// <param name="names">The jobs that the asker can do.</param>
    public async Task<Job?> ClaimAsync(string leaseId, IReadOnlyCollection<string> names, CancellationToken stop)
    {
        // On PostgreSQL others may take the job between the look and the grip; then there may be another.
        for (var attempt = 1; attempt < ClaimAttempts; attempt++)
        {
            if (await TryClaimAsync(leaseId, names, stop) is { } job) return job;
            if (!await IsAnyDueAsync(names, stop)) return null;
        }
        return await TryClaimAsync(leaseId, names, stop);
    }

    Task<Job?> TryClaimAsync(string leaseId, IReadOnlyCollection<string> names, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var now = time.NowMs();
        var parameters = new DynamicParameters(new { leaseId, now, until = now + (long)Lease.TotalMilliseconds });
        // A job that takes its worker down with it would otherwise be tried for ever.
        await transaction.ExecuteAsync("""
            update job
            set state = 'failed', message = 'Its worker fell silent in the last attempt.', finished_at = @now, lease_id = null, lease_until = null
            where state = 'running'
              and lease_until < @now
              and attempts >= max_attempts
            """, new { now }, stop);
        return await transaction.FindAsync<Job>($"""
            update job
            set state = 'running', lease_id = @leaseId, lease_until = @until, attempts = attempts + 1,
                started_at = coalesce(started_at, @now), message = ''
            where id = (
                    select id
                    from job
                    where {Due} and {Sql.In("name", names, parameters)}
                    order by run_after, id
                    limit 1)
              and {Due}
            returning {Columns}
            """, parameters, stop);
    }, stop);

    async Task<bool> IsAnyDueAsync(IReadOnlyCollection<string> names, CancellationToken stop)
    {
        var parameters = new DynamicParameters(new { now = time.NowMs() });
        return await database.FindAsync<long?>($"select id from job where {Due} and {Sql.In("name", names, parameters)} limit 1", parameters, stop) is not null;
    }

    const string Due = "((state = 'waiting' and run_after <= @now) or (state = 'running' and lease_until < @now))";

    /// <summary>Keeps the lease and says how far the job is. False when the lease was lost: the worker must stop.</summary>
    public async Task<bool> RenewAsync(long id, string leaseId, double progress, string message, CancellationToken stop) => await database.ExecuteAsync("""
        update job
        set lease_until = @until, progress = @progress, message = @message
        where id = @id
          and lease_id = @leaseId
          and state = 'running'
        """, new { id, leaseId, progress, message = Shorten(message), until = time.NowMs() + (long)Lease.TotalMilliseconds }, stop) == 1;

    /// <summary>Whether the job is still this try's: for work that would harm if it went on after another has begun it.</summary>
    public async Task<bool> IsHeldAsync(long id, string leaseId, CancellationToken stop) =>
        await database.FindAsync<long?>("select id from job where id = @id and lease_id = @leaseId and state = 'running'", new { id, leaseId }, stop) is not null;

    /// <summary>Ends a job that waits or runs; its worker notices within a second. False when it has ended already.</summary>
    public async Task<bool> CancelAsync(long id, string message, CancellationToken stop) => await database.ExecuteAsync("""
        update job
        set state = 'failed', message = @message, finished_at = @now, lease_id = null, lease_until = null
        where id = @id
          and state in ('waiting', 'running')
        """, new { id, message = Shorten(message), now = time.NowMs() }, stop) == 1;

    /// <summary>False when the lease was lost: what the job is now is for another worker to say.</summary>
    public async Task<bool> FinishAsync(long id, string leaseId, string message, CancellationToken stop) => await database.ExecuteAsync("""
        update job
        set state = 'done', progress = 1, message = @message, finished_at = @now, lease_id = null, lease_until = null
        where id = @id
          and lease_id = @leaseId
        """, new { id, leaseId, message = Shorten(message), now = time.NowMs() }, stop) == 1;

    /// <summary>Another try later (2, 4, 8 … seconds), or failed for good after the last.</summary>
    public Task FailAsync(Job job, string leaseId, string message, CancellationToken stop)
    {
        var now = time.NowMs();
        var last = job.Attempts >= job.MaxAttempts ? 1L : 0;
        return database.ExecuteAsync($"""
            update job
            set state = case when @last = 1 or {TwinWaits} then 'failed' else 'waiting' end,
                finished_at = case when @last = 1 or {TwinWaits} then @now end,
                message = @message, run_after = @runAfter, lease_id = null, lease_until = null
            where id = @Id
              and lease_id = @leaseId
            """,
            new
            {
                job.Id, leaseId, last, now, message = Shorten(message),
                runAfter = now + (long)Math.Pow(2, Math.Min(job.Attempts, 12)) * 1000,
            }, stop);
    }

    /// <summary>A job like this one was enqueued meanwhile: it does the same, so this one need not wait again, and only one may.</summary>
    const string TwinWaits = """
        exists (
            select 1
            from job as twin
            where twin.state = 'waiting' and twin.name = job.name and twin.subject = job.subject and twin.id <> job.id)
        """;

    /// <summary>Gives the job back unharmed: this node is shutting down.</summary>
    public Task ReleaseAsync(long id, string leaseId, CancellationToken stop) => database.ExecuteAsync($"""
        update job
        set state = case when {TwinWaits} then 'failed' else 'waiting' end,
            finished_at = case when {TwinWaits} then @now end,
            attempts = attempts - 1, run_after = @now, lease_id = null, lease_until = null
        where id = @id
          and lease_id = @leaseId
        """, new { id, leaseId, now = time.NowMs() }, stop);

    /// <summary>Tries a failed job again from the start. False when it is not failed, or one like it waits already.</summary>
    public async Task<bool> RetryAsync(long id, CancellationToken stop) => await database.ExecuteAsync($"""
        update job
        set state = 'waiting', attempts = 0, run_after = @now, finished_at = null
        where id = @id
          and state = 'failed'
          and not {TwinWaits}
        """, new { id, now = time.NowMs() }, stop) == 1;

    public Task<Job?> FindAsync(long id, CancellationToken stop) =>
        database.FindAsync<Job>($"select {Columns} from job where id = @id", new { id }, stop);

    /// <summary>Newest first, before an id; optionally of one state.</summary>
    public Task<IReadOnlyList<Job>> ListAsync(string? state, long? before, int limit, CancellationToken stop) => database.ListAsync<Job>($"""
        select {Columns}
        from job
        where (@state is null or state = @state)
          and id < @before
        order by id desc
        limit @limit
        """, new { state, before = before ?? long.MaxValue, limit }, stop);

    /// <summary>Newest first, before an id, of one repository.</summary>
    public Task<IReadOnlyList<Job>> ListOfRepositoryAsync(long repositoryId, long? before, int limit, CancellationToken stop) => database.ListAsync<Job>($"""
        select {Columns}
        from job
        where repository_id = @repositoryId
          and id < @before
        order by id desc
        limit @limit
        """, new { repositoryId, before = before ?? long.MaxValue, limit }, stop);

    /// <summary>The job of this name and subject that waits, when one does.</summary>
    public Task<Job?> FindWaitingAsync(string name, string subject, CancellationToken stop) => database.FindAsync<Job>($"""
        select {Columns}
        from job
        where name = @name
          and subject = @subject
          and state = 'waiting'
        """, new { name, subject }, stop);

    /// <summary>The oldest job of this name and subject that waits or runs, when one does.</summary>
    public Task<Job?> FindOpenAsync(string name, string subject, CancellationToken stop) => database.FindAsync<Job>($"""
        select {Columns}
        from job
        where name = @name
          and subject = @subject
          and state in ('waiting', 'running')
        order by id
        limit 1
        """, new { name, subject }, stop);

    /// <summary>How many jobs of this name that an account asked for wait or run.</summary>
    public Task<long> CountOpenAsync(string name, long accountId, CancellationToken stop) => database.FindAsync<long>("""
        select count(*)
        from job
        where name = @name
          and account_id = @accountId
          and state in ('waiting', 'running')
        """, new { name, accountId }, stop);

    public Task<IReadOnlyList<StateCount>> CountAsync(CancellationToken stop) => database.ListAsync<StateCount>("""
        select state, count(*) as jobs
        from job
        group by state
        """, null, stop);

    /// <summary>Adds to a job's log. A job that went with its repository while it ran has none any more.</summary>
    public Task AddLinesAsync(long id, long firstNumber, IReadOnlyList<string> lines, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var now = time.NowMs();
        for (var i = 0; i < lines.Count; i++)
            await transaction.ExecuteAsync("""
                insert into job_line (job_id, number, written_at, text)
                select @id, @number, @now, @text
                where exists (select 1 from job where id = @id)
                on conflict (job_id, number) do nothing
                """, new { id, number = firstNumber + i, now, text = Shorten(lines[i]) }, stop);
    }, stop);

    public async Task<long> NextLineAsync(long id, CancellationToken stop) =>
        (await database.FindAsync<long?>("select max(number) from job_line where job_id = @id", new { id }, stop) ?? 0) + 1;

    /// <summary>The last lines of a job's log, oldest first.</summary>
    public async Task<IReadOnlyList<JobLine>> TailAsync(long id, int limit, CancellationToken stop) => [.. (await database.ListAsync<JobLine>("""
        select number, written_at, text
        from job_line
        where job_id = @id
        order by number desc
        limit @limit
        """, new { id, limit }, stop)).Reverse()];

    /// <summary>Forgets finished jobs that are older than the moment given.</summary>
    public Task<int> SweepAsync(DateTimeOffset olderThan, CancellationToken stop) => database.ExecuteAsync("""
        delete from job
        where state in ('done', 'failed')
          and finished_at < @cutoff
        """, new { cutoff = olderThan.ToUnixTimeMilliseconds() }, stop);

    static string Shorten(string text) => (text.Length <= 2_000 ? text : text[..1_999] + "…").Replace('\0', '\uFFFD');
}

/// <summary>How many jobs are in a state.</summary>
sealed record StateCount
{
    public string State { get; init; } = "";
    public long Jobs { get; init; }
}
