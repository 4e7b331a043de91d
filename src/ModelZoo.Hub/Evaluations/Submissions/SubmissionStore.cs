using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Submissions;

/// <summary>Something that was handed in.</summary>
sealed record SubmissionRow
{
    public long Id { get; init; }
    public long AccountId { get; init; }
    public long BenchmarkId { get; init; }
    public long? ModelId { get; init; }
    public string TaskId { get; init; } = "";
    public string Format { get; init; } = "";
    public string Digest { get; init; } = "";
    public long IsCounted { get; init; }
    public string Outcome { get; init; } = "";
    public string? CommitId { get; init; }
    public long SubmittedAt { get; init; }
}

/// <summary>Rows of submissions. All their SQL.</summary>
sealed class SubmissionStore(HubDatabase database, TimeProvider time)
{
    const long DayMs = 86_400_000;

    /// <summary>Adds a row. Where it is counted, only while the account has attempts left today: null otherwise.</summary>
    /// <param name="most">Attempts of one account at one benchmark in a day.</param>
    public Task<(SubmissionRow? Row, long Left)> BeginAsync(SubmissionRow wanted, long most, CancellationToken stop) => database.WriteAsync<(SubmissionRow?, long)>(async transaction =>
    {
        var row = wanted with { Id = Ids.Next(time), SubmittedAt = time.NowMs(), Outcome = "begun" };
        // Holds the benchmark's row, so that two attempts at the same moment are counted one after the other.
        await transaction.ExecuteAsync("update benchmark set daily = daily where repository_id = @BenchmarkId", row, stop);
        var used = await transaction.FindAsync<long>("""
            select count(*)
            from submission
            where benchmark_id = @BenchmarkId
              and account_id = @AccountId
              and submitted_at >= @since
              and is_counted = 1
            """, new { row.BenchmarkId, row.AccountId, since = row.SubmittedAt / DayMs * DayMs }, stop);
        if (row.IsCounted == 1 && used >= most) return (null, 0);
        await transaction.ExecuteAsync("""
            insert into submission (id, account_id, benchmark_id, model_id, task_id, format, digest, is_counted, outcome, submitted_at)
            values (@Id, @AccountId, @BenchmarkId, @ModelId, @TaskId, @Format, @Digest, @IsCounted, @Outcome, @SubmittedAt)
            """, row, stop);
        return (row, Math.Max(0, most - used - row.IsCounted));
    }, stop);

    public Task EndAsync(long id, string outcome, string? commitId, CancellationToken stop) => database.ExecuteAsync("""
        update submission
        set outcome = @outcome, commit_id = @commitId
        where id = @id
        """, new { id, outcome = outcome.Length > 500 ? outcome[..500] : outcome, commitId }, stop);
}
