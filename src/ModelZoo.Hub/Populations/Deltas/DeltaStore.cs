using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>A blob that is stored as a difference.</summary>
/// <param name="Depth">Containers that one reading decodes, at most.</param>
/// <param name="PlainUntil">Until when its own bytes are there as well; null when they are not any more.</param>
sealed record BlobDelta(Digest Digest, Digest? Base, Digest Container, int Depth, long SizeBytes, long StoredBytes, long? PlainUntil)
{
    public bool IsPlainGone => PlainUntil is null;
}

/// <summary>A blob of a commit that could be stored as a difference.</summary>
/// <param name="HasOwnBytes">Its bytes exist whole; otherwise only as chunks of others.</param>
sealed record PlainBlob(Digest Digest, long SizeBytes, bool HasOwnBytes);

/// <summary>Rows of blobs that are stored as differences.</summary>
sealed class DeltaStore(HubDatabase database, TimeProvider time)
{
    /// <summary>Most containers that one reading may have to decode.</summary>
    public const int MaxDepth = 8;

    static readonly TimeSpan s_lookAgain = TimeSpan.FromHours(1);

    const string Columns = "blob_delta.digest, blob_delta.base, blob_delta.container, blob_delta.depth, blob.size_bytes, blob_delta.stored_bytes, blob_delta.plain_until";

    public async Task<BlobDelta?> FindAsync(Digest digest, CancellationToken stop) => (await database.FindAsync<DeltaRow>($"""
        select {Columns}
        from blob_delta
        join blob on blob.digest = blob_delta.digest
        where blob_delta.digest = @digest
        """, new { digest = digest.Hex }, stop))?.ToDelta();

    public async Task<IReadOnlyDictionary<Digest, BlobDelta>> FindManyAsync(IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        var found = new Dictionary<Digest, BlobDelta>();
        foreach (var slice in digests.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters();
            foreach (var row in await database.ListAsync<DeltaRow>($"""
                select {Columns}
                from blob_delta
                join blob on blob.digest = blob_delta.digest
                where {Sql.In("blob_delta.digest", [.. slice.Select(digest => digest.Hex)], parameters)}
                """, parameters, stop)) found[Digest.Parse(row.Digest)] = row.ToDelta();
        }
        return found;
    }

    /// <summary>Those of the blobs that have no row yet, that nothing is based on, and that are no xorb as they are.</summary>
    public async Task<IReadOnlyDictionary<Digest, PlainBlob>> PlainAsync(IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        var found = new Dictionary<Digest, PlainBlob>();
        foreach (var slice in digests.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters();
            foreach (var row in await database.ListAsync<PlainRow>($"""
                select blob.digest, blob.size_bytes,
                       case when exists (select 1 from xet_file where xet_file.digest = blob.digest and xet_file.form = 'terms') then 1 else 0 end as is_terms
                from blob
                where {Sql.In("blob.digest", [.. slice.Select(digest => digest.Hex)], parameters)}
                  and blob.sweeping_since is null
                  and not exists (select 1 from blob_delta where blob_delta.digest = blob.digest)
                  and not exists (select 1 from blob_delta where blob_delta.base = blob.digest)
                  and not exists (select 1 from blob_delta where blob_delta.container = blob.digest)
                  and not exists (select 1 from xorb where xorb.digest = blob.digest and xorb.view_offset is null)
                """, parameters, stop)) found[Digest.Parse(row.Digest)] = new(Digest.Parse(row.Digest), row.SizeBytes, row.IsTerms == 0);
        }
        return found;
    }

    /// <summary>Whether the bytes exist whole or as a difference, so that others may be based on them.</summary>
    public async Task<bool> CanBeBaseAsync(Digest digest, CancellationToken stop) => await database.FindAsync<long?>("""
        select 1
        from blob
        where digest = @digest
          and sweeping_since is null
          and (exists (select 1 from blob_delta where blob_delta.digest = blob.digest)
            or not exists (select 1 from xet_file where xet_file.digest = blob.digest and xet_file.form = 'terms'))
        """, new { digest = digest.Hex }, stop) is not null;

    /// <summary>
    /// Makes the container, whose bytes are stored, a blob and the form of another one. Everything it touches is held, so that the sweeper
    /// sees it or is seen. False when one of them is being removed, or somebody was faster, or the chain would become too long.
    /// </summary>
    public Task<bool> TryAddAsync(Digest digest, Digest? origin, Digest container, long storedBytes, TimeSpan keepPlain, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var now = time.NowMs();
        // In one order, whoever asks: two who hold each other's would wait for ever.
        foreach (var held in new[] { digest.Hex, origin?.Hex }.OfType<string>().Order(StringComparer.Ordinal))
            if (await HoldAsync(transaction, held, stop) == 0) return false;
        var depth = 1L;
        if (origin is not null) depth += await transaction.FindAsync<long?>("select depth from blob_delta where digest = @origin", new { origin = origin.Hex }, stop) ?? 0;
        // What others are based on keeps its form: their chains would grow.
        if (depth > MaxDepth || await transaction.FindAsync<string>("select digest from blob_delta where base = @digest limit 1", new { digest = digest.Hex }, stop) is not null) return false;
        var values = new { digest = digest.Hex, origin = origin?.Hex, container = container.Hex, depth, storedBytes, now, until = now + (long)keepPlain.TotalMilliseconds };
        await transaction.ExecuteAsync("""
            insert into blob (digest, size_bytes, stored_at, touched_at)
            values (@container, @storedBytes, @now, @now)
            on conflict (digest) do nothing
            """, values, stop);
        if (await transaction.ExecuteAsync("""
            update blob
            set touched_at = @now
            where digest = @container
              and sweeping_since is null
            """, values, stop) == 0) return false;
        return await transaction.ExecuteAsync("""
            insert into blob_delta (digest, base, container, depth, stored_bytes, made_at, plain_until)
            values (@digest, @origin, @container, @depth, @storedBytes, @now, @until)
            on conflict (digest) do nothing
            """, values, stop) == 1;
    }, stop);

    /// <summary>Keeps the row as it is until the transaction ends; the sweeper waits.</summary>
    static Task<int> HoldAsync(DbTransaction transaction, string digest, CancellationToken stop) => transaction.ExecuteAsync("""
        update blob
        set sweeping_since = null
        where digest = @digest
          and sweeping_since is null
        """, new { digest }, stop);

    /// <summary>Those whose own bytes need not be kept any longer, oldest first.</summary>
    public async Task<IReadOnlyList<BlobDelta>> ListDueAsync(int limit, CancellationToken stop) => [.. (await database.ListAsync<DeltaRow>($"""
        select {Columns}
        from blob_delta
        join blob on blob.digest = blob_delta.digest
        where blob_delta.plain_until <= @now
          and blob.sweeping_since is null
        order by blob_delta.plain_until, blob_delta.digest
        limit @limit
        """, new { now = time.NowMs(), limit }, stop)).Select(row => row.ToDelta())];

    /// <summary>The bytes are gone, and so are chunks of others that the blob was made of.</summary>
    public Task FinishAsync(Digest digest, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var values = new { digest = digest.Hex };
        await transaction.ExecuteAsync("delete from xet_file where digest = @digest and form = 'terms'", values, stop);
        await transaction.ExecuteAsync("update blob_delta set plain_until = null where digest = @digest", values, stop);
    }, stop);

    /// <summary>The bytes are there again: somebody sent them by a way that stores them.</summary>
    public Task MarkPlainAsync(Digest digest, CancellationToken stop) => database.ExecuteAsync("""
        update blob_delta
        set plain_until = @now
        where digest = @digest
          and plain_until is null
        """, new { digest = digest.Hex, now = time.NowMs() }, stop);

    /// <summary>Takes the form back where the blob exists in another; those that are based on it go on with that. Where it does not, it is looked at again later.</summary>
    public Task DropAsync(Digest digest, bool hasOwnBytes, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var values = new { digest = digest.Hex, own = hasOwnBytes ? 1L : 0, later = time.NowMs() + (long)s_lookAgain.TotalMilliseconds };
        if (await transaction.ExecuteAsync("""
            delete from blob_delta
            where digest = @digest
              and plain_until is not null
              and (@own = 1 or exists (select 1 from xet_file where xet_file.digest = blob_delta.digest and xet_file.form = 'terms'))
            """, values, stop) == 0)
            await transaction.ExecuteAsync("update blob_delta set plain_until = @later where digest = @digest and plain_until is not null", values, stop);
    }, stop);

    sealed record DeltaRow
    {
        public string Digest { get; init; } = "";
        public string? Base { get; init; }
        public string Container { get; init; } = "";
        public long Depth { get; init; }
        public long SizeBytes { get; init; }
        public long StoredBytes { get; init; }
        public long? PlainUntil { get; init; }

        public BlobDelta ToDelta() => new(Git.Digest.Parse(Digest), Base is null ? null : Git.Digest.Parse(Base), Git.Digest.Parse(Container), (int)Depth, SizeBytes, StoredBytes, PlainUntil);
    }

    sealed record PlainRow
    {
        public string Digest { get; init; } = "";
        public long SizeBytes { get; init; }
        public long IsTerms { get; init; }
    }
}
