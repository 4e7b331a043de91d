using System.Data.Common;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>Rows of runs, and of what their workers wrote. All their SQL.</summary>
sealed class EvaluationStore(HubDatabase database, JobStore jobs, TimeProvider time)
{
    const string Columns = """
        evaluation.id, evaluation.repository_id, evaluation.commit_id, evaluation.benchmark_id, evaluation.benchmark_commit, evaluation.account_id, account.handle,
        evaluation.task, evaluation.settings_json, evaluation.target, evaluation.state, evaluation.message, evaluation.job_id, evaluation.samples_done,
        evaluation.samples_total, evaluation.samples_failed, evaluation.scores_json, evaluation.files_json, evaluation.result_commit, evaluation.pull_number,
        evaluation.created_at, evaluation.started_at, evaluation.finished_at
        """;

    const string From = """
        from evaluation
        join account on account.id = evaluation.account_id
        """;

    /// <summary>Adds the run and its job, or gives the one that was asked for in the same words and has not ended.</summary>
    /// <exception cref="Refusal">The account has too many already.</exception>
    public Task<EvaluationRow> AddAsync(EvaluationRow row, int mostOpen, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var same = await transaction.FindAsync<EvaluationRow>($"""
            select {Columns}
            {From}
            where evaluation.repository_id = @RepositoryId and evaluation.commit_id = @CommitId
              and evaluation.benchmark_id = @BenchmarkId and evaluation.benchmark_commit = @BenchmarkCommit
              and evaluation.account_id = @AccountId and evaluation.task = @Task and evaluation.settings_json = @SettingsJson and evaluation.target = @Target
              and evaluation.state in ('waiting', 'running')
            limit 1
            """, row, stop);
        if (same is not null) return same;
        if (await transaction.FindAsync<long>("select count(*) from evaluation where account_id = @AccountId and state in ('waiting', 'running')", row, stop) >= mostOpen)
            throw new Refusal(RefusalKind.TooMany, $"You have {mostOpen} evaluations waiting or running; wait for one to end.") { RetryAfter = TimeSpan.FromSeconds(30) };
        var id = Ids.Next(time);
        var job = await jobs.EnqueueAsync(transaction, new NewJob(EvaluationJob.JobName, new EvaluationWork(id).ToJson(), Ids.ToWire(id), row.RepositoryId, row.AccountId), stop);
        var added = row with { Id = id, JobId = job, CreatedAt = time.NowMs() };
        await transaction.ExecuteAsync("""
            insert into evaluation (
                id, repository_id, commit_id, benchmark_id, benchmark_commit, account_id, task, settings_json, target, state, message, job_id,
                samples_done, samples_failed, created_at)
            values (
                @Id, @RepositoryId, @CommitId, @BenchmarkId, @BenchmarkCommit, @AccountId, @Task, @SettingsJson, @Target, 'waiting', '', @JobId,
                0, 0, @CreatedAt)
            """, added, stop);
        return added;
    }, stop);

    public Task<EvaluationRow?> FindAsync(long id, CancellationToken stop) => database.FindAsync<EvaluationRow>($"select {Columns} {From} where evaluation.id = @id", new { id }, stop);

    /// <summary>Newest first, before an id; optionally of one model, one benchmark, one account, one state.</summary>
    public Task<IReadOnlyList<EvaluationRow>> ListAsync(long? model, long? benchmark, long? account, string? state, long? before, int limit, CancellationToken stop) => database.ListAsync<EvaluationRow>($"""
        select {Columns}
        {From}
        where evaluation.id < @before
          {(model is null ? "" : "and evaluation.repository_id = @model")}
          {(benchmark is null ? "" : "and evaluation.benchmark_id = @benchmark")}
          {(account is null ? "" : "and evaluation.account_id = @account")}
          {(state is null ? "" : "and evaluation.state = @state")}
        order by evaluation.id desc
        limit @limit
        """, new { model, benchmark, account, state, before = before ?? long.MaxValue, limit }, stop);

    /// <summary>A try begins. False when the run was cancelled or is done.</summary>
    public async Task<bool> BeginAsync(long id, CancellationToken stop) => await database.ExecuteAsync("""
        update evaluation
        set state = 'running', message = '', started_at = coalesce(started_at, @now), finished_at = null
        where id = @id
          and state in ('waiting', 'running', 'failed')
        """, new { id, now = time.NowMs() }, stop) == 1;

    /// <summary>How far it is. False when it was cancelled: the worker must stop.</summary>
    public async Task<bool> ReportAsync(long id, long done, long? total, long failed, string message, CancellationToken stop) => await database.ExecuteAsync("""
        update evaluation
        set samples_done = @done, samples_total = coalesce(@total, samples_total), samples_failed = @failed, message = @message
        where id = @id
          and state = 'running'
        """, new { id, done, total, failed, message = Short(message) }, stop) == 1;

    public Task FinishAsync(EvaluationRow row, string message, CancellationToken stop) => database.ExecuteAsync("""
        update evaluation
        set state = 'done', message = @message, scores_json = @ScoresJson, files_json = @FilesJson, result_commit = @ResultCommit, pull_number = @PullNumber, finished_at = @now
        where id = @Id
          and state = 'running'
        """, new { row.Id, row.ScoresJson, row.FilesJson, row.ResultCommit, row.PullNumber, message = Short(message), now = time.NowMs() }, stop);

    public Task FailAsync(long id, string message, CancellationToken stop) => database.ExecuteAsync("""
        update evaluation
        set state = 'failed', message = @message, finished_at = @now
        where id = @id
          and state in ('waiting', 'running')
        """, new { id, message = Short(message), now = time.NowMs() }, stop);

    /// <summary>False when it has ended already.</summary>
    public async Task<bool> CancelAsync(long id, string message, CancellationToken stop) => await database.ExecuteAsync("""
        update evaluation
        set state = 'cancelled', message = @message, finished_at = @now
        where id = @id
          and state in ('waiting', 'running')
        """, new { id, message = Short(message), now = time.NowMs() }, stop) == 1;

    /// <summary>Runs whose job ended without a word of theirs, as when it took its node down too often.</summary>
    public Task<int> FollowJobsAsync(CancellationToken stop) => database.ExecuteAsync("""
        update evaluation
        set state = 'failed', finished_at = @now,
            message = coalesce((select job.message from job where job.id = evaluation.job_id), 'Its job is gone.')
        where state in ('waiting', 'running')
          and not exists (select 1 from job where job.id = evaluation.job_id and job.state in ('waiting', 'running'))
          and created_at < @before
        """, new { now = time.NowMs(), before = time.NowMs() - 60_000 }, stop);

    /// <summary>What was kept for going on, of runs that ended before the moment given.</summary>
    public Task<int> SweepPartsAsync(DateTimeOffset before, CancellationToken stop) => database.ExecuteAsync("""
        delete from evaluation_part
        where evaluation_id in (select id from evaluation where state in ('done', 'failed', 'cancelled') and finished_at < @before)
        """, new { before = before.ToUnixTimeMilliseconds() }, stop);

    public Task AddPartAsync(long id, EvaluationPart part, CancellationToken stop) => database.ExecuteAsync("""
        insert into evaluation_part (evaluation_id, file, begins_at, content)
        select @id, @File, @BeginsAt, @Content
        where exists (select 1 from evaluation where id = @id)
        on conflict (evaluation_id, file, begins_at) do update
           set content = excluded.content
        """, new { id, part.File, part.BeginsAt, part.Content }, stop);

    /// <summary>The names of what is kept, with the places where pieces begin.</summary>
    public Task<IReadOnlyList<EvaluationPart>> ListPartsAsync(long id, CancellationToken stop) => database.ListAsync<EvaluationPart>("""
        select file, begins_at
        from evaluation_part
        where evaluation_id = @id
        order by file, begins_at
        """, new { id }, stop);

    public Task<EvaluationPart?> FindPartAsync(long id, string file, long beginsAt, CancellationToken stop) => database.FindAsync<EvaluationPart>("""
        select file, begins_at, content
        from evaluation_part
        where evaluation_id = @id
          and file = @file
          and begins_at = @beginsAt
        """, new { id, file, beginsAt }, stop);

    /// <param name="file">Null: all.</param>
    public Task RemovePartsAsync(long id, string? file, CancellationToken stop) => database.ExecuteAsync($"""
        delete from evaluation_part
        where evaluation_id = @id
          {(file is null ? "" : "and file = @file")}
        """, new { id, file }, stop);

    static string Short(string text) => JsonText.Storable(text.Length <= 2_000 ? text : text[..1_999] + "…");
}

/// <summary>What a job carries: which run.</summary>
sealed record EvaluationWork(long Id)
{
    public string ToJson() => System.Text.Json.JsonSerializer.Serialize(this);
}
