using Dapper;
using ModelZoo.Hub.Database;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>What a repository's large files come to.</summary>
/// <param name="LogicalBytes">The sizes of all its large files, of all revisions, each content once.</param>
/// <param name="StoredBytes">What is stored of them, compressed and without what they have in common.</param>
/// <param name="SharedBytes">How much of that other repositories use as well, and would go on using.</param>
sealed record StorageFigures(long LogicalBytes, long StoredBytes, long SharedBytes);

/// <summary>Adds up what a repository stores: whole blobs, and of xorbs the runs of chunks that its files use, each counted once.</summary>
sealed class StorageQuery(HubDatabase database, Xorbs xorbs)
{
    const string MyTerms = """
        select distinct xet_term.xorb, xet_term.chunk_start, xet_term.chunk_end
        from blob_link
        join xet_file on xet_file.digest = blob_link.digest and xet_file.form = 'terms'
        join xet_term on xet_term.digest = blob_link.digest
        where blob_link.repository_id = @repositoryId
        """;

    /// <summary>Terms of files of other repositories.</summary>
    const string OthersTerms = """
        exists (select 1 from xet_file where xet_file.digest = xet_term.digest and xet_file.form = 'terms')
        and exists (select 1 from blob_link other where other.digest = xet_term.digest and other.repository_id <> @repositoryId)
        """;

    public async Task<StorageFigures> GetAsync(long repositoryId, CancellationToken stop)
    {
        var values = new { repositoryId };
        var whole = (await database.FindAsync<WholeRow>("""
            select cast(coalesce(sum(blob.size_bytes), 0) as bigint) as logical_bytes,
                   cast(coalesce(sum(case when file.digest is null then coalesce(delta.stored_bytes, blob.size_bytes) else 0 end), 0) as bigint) as stored_bytes,
                   cast(coalesce(sum(case when file.digest is null and exists (
                        select 1 from blob_link other where other.digest = blob.digest and other.repository_id <> @repositoryId)
                        then coalesce(delta.stored_bytes, blob.size_bytes) else 0 end), 0) as bigint) as shared_bytes
            from blob_link
            join blob on blob.digest = blob_link.digest
            left join xet_file file on file.digest = blob.digest and file.form = 'terms'
            left join blob_delta delta on delta.digest = blob.digest and delta.plain_until is null
            where blob_link.repository_id = @repositoryId
            """, values, stop))!;
        var mine = Merge(await database.ListAsync<Run>(MyTerms, values, stop));
        var theirs = Merge(await database.ListAsync<Run>($"""
            select distinct xet_term.xorb, xet_term.chunk_start, xet_term.chunk_end
            from xet_term
            where xet_term.xorb in (select mine.xorb from ({MyTerms}) mine)
              and {OthersTerms}
            """, values, stop));
        // Whole files that nobody else links, but that others' files take chunks from.
        var taken = Merge(await database.ListAsync<Run>($"""
            select distinct xet_term.xorb, xet_term.chunk_start, xet_term.chunk_end
            from blob_link
            join xorb on xorb.digest = blob_link.digest and xorb.view_offset is not null
            join xet_term on xet_term.xorb = xorb.hash
            where blob_link.repository_id = @repositoryId
              and not exists (select 1 from blob_link whole where whole.digest = blob_link.digest and whole.repository_id <> @repositoryId)
              and {OthersTerms}
            """, values, stop));
        // Chunks of whole files that this repository links too are counted with those.
        var counted = (await database.ListAsync<string>("""
            select xorb.hash
            from blob_link
            join xorb on xorb.digest = blob_link.digest
            where blob_link.repository_id = @repositoryId
            """, values, stop)).ToHashSet();

        long stored = whole.StoredBytes, shared = whole.SharedBytes;
        foreach (var slice in mine.Keys.Where(hash => !counted.Contains(hash)).Chunk(200))
        {
            var known = await xorbs.FindManyAsync(slice.Select(hash => XetHash.Parse(hash)), stop);
            foreach (var xorb in known.Values)
            {
                var runs = mine[xorb.Hash.ToString()];
                stored += Bytes(xorb, runs);
                if (theirs.TryGetValue(xorb.Hash.ToString(), out var others)) shared += Bytes(xorb, Common(runs, others));
            }
        }
        foreach (var slice in taken.Chunk(200))
        {
            var known = await xorbs.FindManyAsync(slice.Select(run => XetHash.Parse(run.Key)), stop);
            foreach (var xorb in known.Values) shared += Bytes(xorb, taken[xorb.Hash.ToString()]);
        }
        return new(whole.LogicalBytes, stored, Math.Min(shared, stored));
    }

    /// <summary>Raw where the xorb is a view of a file, packed where it is stored as itself.</summary>
    static long Bytes(StoredXorb xorb, IReadOnlyList<ChunkRange> runs) =>
        runs.Where(xorb.Index.Contains).Sum(run => xorb.ViewOffset is null ? xorb.Index.BytesOf(run).Length : xorb.Index.ContentLengthOf(run));

    static List<ChunkRange> Common(IReadOnlyList<ChunkRange> some, IReadOnlyList<ChunkRange> others)
    {
        var common = new List<ChunkRange>();
        for (int i = 0, j = 0; i < some.Count && j < others.Count;)
        {
            var both = new ChunkRange(Math.Max(some[i].Start, others[j].Start), Math.Min(some[i].End, others[j].End));
            if (both.Count > 0) common.Add(both);
            if (some[i].End < others[j].End) i++;
            else j++;
        }
        return common;
    }

    static Dictionary<string, IReadOnlyList<ChunkRange>> Merge(IReadOnlyList<Run> runs) =>
        runs.GroupBy(run => run.Xorb).ToDictionary(group => group.Key, group => ChunkReachQuery.Merge(group.Select(run => new ChunkRange((int)run.ChunkStart, (int)run.ChunkEnd))));

    sealed record WholeRow
    {
        public long LogicalBytes { get; init; }
        public long StoredBytes { get; init; }
        public long SharedBytes { get; init; }
    }

    sealed record Run
    {
        public string Xorb { get; init; } = "";
        public long ChunkStart { get; init; }
        public long ChunkEnd { get; init; }
    }
}
