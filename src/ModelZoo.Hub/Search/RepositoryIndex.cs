using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Search;

/// <summary>
/// All repositories in memory, by column: a cache on each node, made from the database and thrown away with the process. It is
/// exact: every question first reads the number of the last change, and where that moved, the repositories that changed since.
/// </summary>
sealed class RepositoryIndex(IndexStore store, TimeProvider time) : IDisposable
{
    const int PageSize = 1_000;
    const long DayMs = 86_400_000;

    readonly SemaphoreSlim _refreshing = new(1, 1);
    volatile IndexSnapshot _snapshot = IndexSnapshot.Empty;

    /// <summary>The repositories as they are now, and what this actor may see of them.</summary>
    public async Task<VisibleIndex> LookAsync(Actor actor, CancellationToken stop)
    {
        var moment = await store.ReadMomentAsync(actor.Account?.Id, stop);
        var day = time.NowMs() / DayMs;
        var snapshot = _snapshot;
        if (snapshot.Change < moment.Change || snapshot.Day != day) snapshot = await RefreshAsync(moment.Change, day, stop);
        return new(snapshot, new ReadScope(actor, moment.Collaborations));
    }

    public void Dispose() => _refreshing.Dispose();

    /// <param name="change">What the caller knows to have happened; it must be in the result.</param>
    async Task<IndexSnapshot> RefreshAsync(long change, long day, CancellationToken stop)
    {
        await _refreshing.WaitAsync(stop);
        try
        {
            var before = _snapshot;
            if (before.Change >= change && before.Day == day) return before;
            var (weekAgo, monthAgo) = ((day - 7) * DayMs, (day - 30) * DayMs);
            var reading = new IndexReading(before);
            var changed = new Dictionary<long, IndexedRepository>();
            if (before.Day != day && before.Count > 0) await AgeLikesAsync(before, weekAgo, monthAgo, changed, stop);
            for (var after = before.Change; ;)
            {
                var rows = await store.ListChangedAsync(after, PageSize, weekAgo, monthAgo, stop);
                foreach (var row in rows) changed[row.Id] = reading.Read(row);
                if (rows.Count < PageSize) break;
                after = rows[^1].ChangeNumber;
            }
            // After the rows: one that was read and then deleted is gone, and ids do not come back.
            var deleted = await store.ListDeletedAsync(before.Change, stop);
            foreach (var id in deleted) changed.Remove(id);
            return _snapshot = before.With(changed.Values, deleted, change, day);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Once a day: likes that are no longer of this week or month stop counting.</summary>
    async Task AgeLikesAsync(IndexSnapshot before, long weekAgo, long monthAgo, Dictionary<long, IndexedRepository> changed, CancellationToken stop)
    {
        var recent = (await store.ListRecentLikesAsync(weekAgo, monthAgo, stop)).ToDictionary(likes => likes.RepositoryId);
        for (var slot = 0; slot < before.Slots; slot++)
        {
            if (before[slot] is not { } entry) continue;
            var (week, month) = recent.TryGetValue(entry.Id, out var likes) ? (likes.LikesOfWeek, likes.LikesOfMonth) : (0, 0);
            if (entry.LikesOfWeek != week || entry.LikesOfMonth != month) changed[entry.Id] = entry with { LikesOfWeek = week, LikesOfMonth = month };
        }
    }
}
