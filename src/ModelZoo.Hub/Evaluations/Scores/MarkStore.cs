using System.Data.Common;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>What somebody holds against a score, or against all scores of a model on a task.</summary>
sealed record MarkRow
{
    public long Id { get; init; }
    public long RepositoryId { get; init; }

    /// <summary>Empty: every score of the model on that task.</summary>
    public string ScoreKey { get; init; } = "";
    public long BenchmarkId { get; init; }
    public string TaskId { get; init; } = "";
    public string Kind { get; init; } = "";
    public string Reason { get; init; } = "";
    public long? AccountId { get; init; }
    public string? Handle { get; init; }
    public long MarkedAt { get; init; }
    public long? LiftedAt { get; init; }
}

/// <summary>The kinds of marks. Disputes are for everybody who is somebody; the others for those who keep the benchmark.</summary>
static class MarkKind
{
    public const string Disputed = "disputed";
    public const string Revoked = "revoked";

    /// <summary>The training data may have overlapped with the test items.</summary>
    public const string Weak = "weak";

    /// <summary>Test items were in the training data.</summary>
    public const string Strong = "strong";

    public static readonly IReadOnlyList<string> All = [Disputed, Revoked, Weak, Strong];
}

/// <summary>Rows of marks. All their SQL.</summary>
sealed class MarkStore(HubDatabase database, AuditStore audit, TimeProvider time)
{
    /// <summary>Open disputes of one account about one model.</summary>
    const int MostOpenOfOne = 10;

    const string Columns = """
        score_mark.id, score_mark.repository_id, score_mark.score_key, score_mark.benchmark_id, score_mark.task_id, score_mark.kind, score_mark.reason,
        score_mark.account_id, account.handle, score_mark.marked_at, score_mark.lifted_at
        """;

    public Task<IReadOnlyList<MarkRow>> ListAsync(long repositoryId, CancellationToken stop) => database.ListAsync<MarkRow>($"""
        select {Columns}
        from score_mark
        left join account on account.id = score_mark.account_id
        where score_mark.repository_id = @repositoryId
        order by score_mark.id
        """, new { repositoryId }, stop);

    public Task<MarkRow?> FindAsync(long id, CancellationToken stop) => database.FindAsync<MarkRow>($"""
        select {Columns}
        from score_mark
        left join account on account.id = score_mark.account_id
        where score_mark.id = @id
        """, new { id }, stop);

    public Task<MarkRow> AddAsync(MarkRow mark, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var row = mark with { Id = Ids.Next(time), MarkedAt = time.NowMs() };
        var open = await transaction.FindAsync<long>("""
            select count(*)
            from score_mark
            where repository_id = @RepositoryId and account_id = @AccountId and kind = 'disputed' and lifted_at is null
            """, row, stop);
        if (row.Kind == MarkKind.Disputed && open >= MostOpenOfOne) throw Refusal.Forbidden($"You dispute {MostOpenOfOne} scores of this model already.");
        await transaction.ExecuteAsync("""
            insert into score_mark (id, repository_id, score_key, benchmark_id, task_id, kind, reason, account_id, marked_at)
            values (@Id, @RepositoryId, @ScoreKey, @BenchmarkId, @TaskId, @Kind, @Reason, @AccountId, @MarkedAt)
            """, row, stop);
        await ChangedAsync(transaction, row, AuditAction.Score + row.Kind, row.Reason, stop);
        return row;
    }, stop);

    /// <summary>False when it is lifted already.</summary>
    public Task<bool> LiftAsync(MarkRow mark, long accountId, string reason, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var lifted = await transaction.ExecuteAsync("""
            update score_mark
            set lifted_at = @now, lifted_by = @accountId
            where id = @Id and lifted_at is null
            """, new { mark.Id, accountId, now = time.NowMs() }, stop) == 1;
        if (lifted) await ChangedAsync(transaction, mark, $"{AuditAction.Score}{mark.Kind}-lifted", reason, stop);
        return lifted;
    }, stop);

    async Task ChangedAsync(DbTransaction transaction, MarkRow mark, string action, string reason, CancellationToken stop)
    {
        await Repositories.RepositoryStore.MarkChangedAsync(transaction, mark.RepositoryId, stop);
        await audit.AddAsync(transaction, action, AuditStore.Repository(mark.RepositoryId), $"{mark.TaskId} {mark.ScoreKey}: {reason}", stop);
    }
}
