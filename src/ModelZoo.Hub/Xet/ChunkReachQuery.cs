using Dapper;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// Which chunks of a xorb somebody may refer to: all of one that he sent himself, and those that files hold which he may read
/// now. One xorb can mix what is public with what is private, so this is about runs of chunks and never about a xorb as a whole.
/// </summary>
sealed class ChunkReachQuery(HubDatabase database, XorbStore xorbs)
{
    /// <summary>More runs than this are not looked at: what lies behind them is sent again, which costs bytes and tells nothing.</summary>
    const int MaxRuns = 100_000;

    static readonly ChunkRange s_everything = new(0, XetLimits.MaxXorbChunks);

    /// <summary>Runs of chunks by xorb, sorted and merged. Xorbs that are out of reach or do not exist are left out.</summary>
    public async Task<IReadOnlyDictionary<XetHash, IReadOnlyList<ChunkRange>>> FindAsync(Actor actor, IReadOnlyCollection<XetHash> hashes, CancellationToken stop)
    {
        var reach = new Dictionary<XetHash, IReadOnlyList<ChunkRange>>();
        if (actor.Account is { } account)
            foreach (var hash in await xorbs.GrantedAsync(account.Id, hashes, stop)) reach[hash] = [s_everything];
        foreach (var slice in hashes.Distinct().Where(hash => !reach.ContainsKey(hash)).ToList().Chunk(Sql.MaxInList))
        {
            var parameters = ReadableSql.Add(new DynamicParameters(new { limit = MaxRuns }), actor);
            var rows = await database.ListAsync<Run>($"""
                select distinct xorb, chunk_start, chunk_end
                from xet_term
                where {Sql.In("xorb", [.. slice.Select(hash => hash.ToString())], parameters)}
                  and exists (
                    select 1
                    from blob_link
                    join repository on repository.id = blob_link.repository_id
                    where blob_link.digest = xet_term.digest
                      and {ReadableSql.Condition})
                limit @limit
                """, parameters, stop);
            foreach (var runs in rows.GroupBy(row => row.Xorb))
                reach[XetHash.Parse(runs.Key)] = Merge(runs.Select(run => new ChunkRange((int)run.ChunkStart, (int)run.ChunkEnd)));
        }
        return reach;
    }

    /// <summary>Sorted, with overlapping and adjacent runs made one.</summary>
    public static IReadOnlyList<ChunkRange> Merge(IEnumerable<ChunkRange> runs)
    {
        var merged = new List<ChunkRange>();
        foreach (var run in runs.OrderBy(run => run.Start).ThenBy(run => run.End))
        {
            if (merged.Count > 0 && merged[^1].End >= run.Start) merged[^1] = new(merged[^1].Start, Math.Max(merged[^1].End, run.End));
            else merged.Add(run);
        }
        return merged;
    }

    sealed record Run
    {
        public string Xorb { get; init; } = "";
        public long ChunkStart { get; init; }
        public long ChunkEnd { get; init; }
    }
}
