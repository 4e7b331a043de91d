using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Operations;

/// <summary>What a node was granted, and until when the window runs in which it counts.</summary>
readonly record struct Grant(long Permits, long WindowEndsAt);

/// <summary>
/// One counter for each who asks and minute, from which all nodes draw. The share grows smaller as the rest does, so that little
/// is lost when it lies with a node that is not asked again.
/// </summary>
sealed class AllowanceStore(HubDatabase database, TimeProvider time)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>A draw takes this part of what is left.</summary>
    const long Share = 16;

    /// <param name="spent">Requests that the node let through before it asked; they count first.</param>
    public async Task<Grant> DrawAsync(string subject, long limit, long spent, CancellationToken stop) => await database.WriteAsync(async transaction =>
    {
        var now = time.NowMs();
        var row = (await transaction.FindAsync<Row>("""
            insert into allowance (subject, drawn, window_ends_at)
            values (@subject, 0, @ends)
            on conflict (subject) do update
                set drawn = case when allowance.window_ends_at <= @now then 0 else allowance.drawn end,
                    window_ends_at = case when allowance.window_ends_at <= @now then excluded.window_ends_at else allowance.window_ends_at end
            returning drawn, window_ends_at
            """, new { subject, now, ends = now + (long)Window.TotalMilliseconds }, stop))!;
        var left = limit - row.Drawn - spent;
        var granted = left <= 0 ? 0 : Math.Max(1, left / Share);
        await transaction.ExecuteAsync("update allowance set drawn = drawn + @taken where subject = @subject", new { subject, taken = spent + granted }, stop);
        return new Grant(granted, row.WindowEndsAt);
    }, stop);

    public Task<int> RemoveExpiredAsync(CancellationToken stop) =>
        database.ExecuteAsync("delete from allowance where window_ends_at < @now", new { now = time.NowMs() }, stop);

    sealed record Row
    {
        public long Drawn { get; init; }
        public long WindowEndsAt { get; init; }
    }
}
