using Dapper;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>Where a chunk is stored, and what stands around it in a file.</summary>
sealed class DedupQuery(HubDatabase database)
{
    /// <summary>Xorbs that hold the chunk, the newest first.</summary>
    public async Task<IReadOnlyList<(XetHash Xorb, int Index)>> PlacesAsync(XetHash chunk, int limit, CancellationToken stop) => [.. (await database.ListAsync<Place>("""
        select xet_chunk.xorb, xet_chunk.chunk_index
        from xet_chunk
        join xorb on xorb.hash = xet_chunk.xorb
        where xet_chunk.hash = @hash
        order by xorb.stored_at desc, xorb.hash
        limit @limit
        """, new { hash = chunk.ToString(), limit }, stop)).Select(place => (XetHash.Parse(place.Xorb), (int)place.ChunkIndex))];

    /// <summary>The xorbs that a file, the newest that the actor may read and that has this chunk, is made of around it, the nearest first.</summary>
    public async Task<IReadOnlyList<XetHash>> AroundAsync(Actor actor, XetHash xorb, int chunk, int limit, CancellationToken stop)
    {
        var parameters = ReadableSql.Add(new DynamicParameters(new { xorb = xorb.ToString(), chunk = (long)chunk }), actor);
        if (await database.FindAsync<Spot>($"""
            select xet_term.digest, xet_term.file_offset
            from xet_term
            join xet_file on xet_file.digest = xet_term.digest
            where xet_term.xorb = @xorb
              and xet_term.chunk_start <= @chunk
              and xet_term.chunk_end > @chunk
              and exists (
                select 1
                from blob_link
                join repository on repository.id = blob_link.repository_id
                where blob_link.digest = xet_term.digest
                  and {ReadableSql.Condition})
            order by xet_file.stored_at desc, xet_file.digest, xet_term.file_offset
            limit 1
            """, parameters, stop) is not { } spot) return [];
        return [.. (await database.ListAsync<string>("""
            select xorb
            from xet_term
            where digest = @Digest
            group by xorb
            order by min(abs(file_offset - @FileOffset))
            limit @limit
            """, new { spot.Digest, spot.FileOffset, limit }, stop)).Select(hash => XetHash.Parse(hash))];
    }

    sealed record Place
    {
        public string Xorb { get; init; } = "";
        public long ChunkIndex { get; init; }
    }

    sealed record Spot
    {
        public string Digest { get; init; } = "";
        public long FileOffset { get; init; }
    }
}
