using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>Counts failed sign-ins in the database, so that guessing is slowed on every node together.</summary>
sealed class AttemptStore(HubDatabase database, TimeProvider time)
{
    const int FreeFailures = 5;
    static readonly TimeSpan s_window = TimeSpan.FromMinutes(10);

    /// <summary>Refuses when one of the subjects failed too often; until ten minutes after the last failure.</summary>
    public async Task RefuseIfLockedAsync(IReadOnlyList<string> subjects, CancellationToken stop)
    {
        var parameters = new Dapper.DynamicParameters();
        var rows = await database.ListAsync<AttemptRow>($"""
            select subject, failures, window_ends_at
            from attempt
            where {Sql.In("subject", subjects, parameters)}
            """, parameters, stop);
        var now = time.NowMs();
        foreach (var row in rows)
        {
            // An address is shared by many people; it gets ten times the patience.
            var free = row.Subject.StartsWith("address:", StringComparison.Ordinal) ? FreeFailures * 10 : FreeFailures;
            if (row.Failures < free || row.WindowEndsAt <= now) continue;
            throw new Refusal(RefusalKind.TooMany, "Too many failed sign-ins. Wait a few minutes, then try again.")
            {
                RetryAfter = TimeSpan.FromMilliseconds(row.WindowEndsAt - now),
            };
        }
    }

    public Task AddFailureAsync(IReadOnlyList<string> subjects, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var now = time.NowMs();
        foreach (var subject in subjects)
            await transaction.ExecuteAsync("""
                insert into attempt (subject, failures, window_ends_at)
                values (@subject, 1, @ends)
                on conflict (subject) do update
                    set failures = case when attempt.window_ends_at <= @now then 1 else attempt.failures + 1 end,
                        window_ends_at = excluded.window_ends_at
                """, new { subject, now, ends = now + (long)s_window.TotalMilliseconds }, stop);
    }, stop);

    public Task ForgetAsync(IReadOnlyList<string> subjects, CancellationToken stop)
    {
        var parameters = new Dapper.DynamicParameters();
        return database.ExecuteAsync($"delete from attempt where {Sql.In("subject", subjects, parameters)}", parameters, stop);
    }

    sealed record AttemptRow
    {
        public string Subject { get; init; } = "";
        public long Failures { get; init; }
        public long WindowEndsAt { get; init; }
    }
}
