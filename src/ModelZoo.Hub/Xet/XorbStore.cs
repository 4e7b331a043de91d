using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>A xorb's row: which blob holds its bytes, and the packed index of its chunks.</summary>
sealed record XorbRow
{
    public string Hash { get; init; } = "";
    public string Digest { get; init; } = "";
    public long? ViewOffset { get; init; }
    public long ChunkCount { get; init; }
    public long PackedBytes { get; init; }
    public long UnpackedBytes { get; init; }
    public byte[] Chunks { get; init; } = [];
}

/// <summary>
/// Rows of xorbs and of who sent them. A xorb lives as long as the blob below it; whoever starts to rely on one touches that
/// blob's row first, in the same transaction, so that the sweeper and he always see each other.
/// </summary>
sealed class XorbStore(HubDatabase database, UploadStore uploads, TimeProvider time)
{
    /// <summary>Unused xorbs are swept after a day; the allowance counts those that were sent within it.</summary>
    static readonly TimeSpan s_allowanceWindow = TimeSpan.FromDays(1);

    public async Task<IReadOnlyList<XorbRow>> ListAsync(IReadOnlyCollection<XetHash> hashes, CancellationToken stop)
    {
        var rows = new List<XorbRow>();
        foreach (var slice in hashes.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters();
            rows.AddRange(await database.ListAsync<XorbRow>($"""
                select hash, digest, view_offset, chunk_count, packed_bytes, unpacked_bytes, chunks
                from xorb
                where {Sql.In("hash", [.. slice.Select(hash => hash.ToString())], parameters)}
                """, parameters, stop));
        }
        return rows;
    }

    /// <summary>Those of the xorbs that the account sent itself.</summary>
    public async Task<IReadOnlySet<XetHash>> GrantedAsync(long accountId, IReadOnlyCollection<XetHash> hashes, CancellationToken stop)
    {
        var granted = new HashSet<XetHash>();
        foreach (var slice in hashes.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { accountId });
            foreach (var hash in await database.ListAsync<string>($"""
                select xorb
                from xorb_grant
                where account_id = @accountId
                  and {Sql.In("xorb", [.. slice.Select(hash => hash.ToString())], parameters)}
                """, parameters, stop)) granted.Add(XetHash.Parse(hash));
        }
        return granted;
    }

    /// <summary>Notes that the account sent a xorb that is stored already. False when it is not, or is just being removed.</summary>
    public Task<bool> TryGrantAsync(long accountId, XetHash hash, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        if (!await TryTouchAsync(transaction, [hash], stop)) return false;
        await GrantAsync(transaction, accountId, hash, stop);
        return true;
    }, stop);

    /// <summary>The bytes are verified and durable: from now on they are a blob and a xorb, and the sender may refer to its chunks.</summary>
    public Task AddAsync(Upload upload, XorbRow xorb, IReadOnlyList<(XetHash Hash, int Index)> global, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await uploads.FinishAsync(transaction, upload, stop);
        await AddAsync(transaction, xorb, global, stop);
        var hash = XetHash.Parse(xorb.Hash);
        // Somebody else may have sent it meanwhile, packed differently: then his stays.
        if (!await TryTouchAsync(transaction, [hash], stop)) throw BeingRemoved();
        await GrantAsync(transaction, upload.AccountId, hash, stop);
    }, stop);

    /// <summary>Adds a xorb over a blob that is there. The first of a hash stays.</summary>
    public async Task AddAsync(DbTransaction transaction, XorbRow xorb, IReadOnlyList<(XetHash Hash, int Index)> global, CancellationToken stop)
    {
        await transaction.ExecuteAsync("""
            insert into xorb (hash, digest, view_offset, chunk_count, packed_bytes, unpacked_bytes, stored_at, chunks)
            values (@Hash, @Digest, @ViewOffset, @ChunkCount, @PackedBytes, @UnpackedBytes, @now, @Chunks)
            on conflict (hash) do nothing
            """, new { xorb.Hash, xorb.Digest, xorb.ViewOffset, xorb.ChunkCount, xorb.PackedBytes, xorb.UnpackedBytes, xorb.Chunks, now = time.NowMs() }, stop);
        await AddGlobalAsync(transaction, [.. global.Select(chunk => (chunk.Hash, XetHash.Parse(xorb.Hash), chunk.Index))], stop);
    }

    /// <summary>Chunks that clients will ask for.</summary>
    public static async Task AddGlobalAsync(DbTransaction transaction, IReadOnlyCollection<(XetHash Hash, XetHash Xorb, int Index)> chunks, CancellationToken stop)
    {
        foreach (var slice in chunks.Chunk(200))
        {
            var parameters = new DynamicParameters();
            var values = slice.Select((chunk, i) =>
            {
                parameters.Add($"h{i}", chunk.Hash.ToString());
                parameters.Add($"x{i}", chunk.Xorb.ToString());
                parameters.Add($"n{i}", (long)chunk.Index);
                return $"(@h{i}, @x{i}, @n{i})";
            });
            await transaction.ExecuteAsync($"insert into xet_chunk (hash, xorb, chunk_index) values {string.Join(", ", values)} on conflict (hash, xorb) do nothing", parameters, stop);
        }
    }

    /// <summary>Touches the blobs below these xorbs. False when one of them is not stored or is being removed.</summary>
    public async Task<bool> TryTouchAsync(DbTransaction transaction, IReadOnlyCollection<XetHash> hashes, CancellationToken stop)
    {
        // In one order everywhere, so that two who touch the same rows wait for each other and never in a circle.
        foreach (var slice in hashes.Select(hash => hash.ToString()).Distinct().Order(StringComparer.Ordinal).Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters();
            var digests = await transaction.ListAsync<string>($"""
                select digest
                from xorb
                where {Sql.In("hash", slice, parameters)}
                """, parameters, stop);
            if (digests.Count != slice.Length) return false;
            foreach (var digest in digests.Distinct().Order(StringComparer.Ordinal))
                if (await transaction.ExecuteAsync("""
                    update blob
                    set touched_at = @now
                    where digest = @digest
                      and sweeping_since is null
                    """, new { digest, now = time.NowMs() }, stop) == 0) return false;
        }
        return true;
    }

    Task<int> GrantAsync(DbTransaction transaction, long accountId, XetHash hash, CancellationToken stop) => transaction.ExecuteAsync("""
        insert into xorb_grant (account_id, xorb, granted_at)
        values (@accountId, @hash, @now)
        on conflict (account_id, xorb) do update set granted_at = excluded.granted_at
        """, new { accountId, hash = hash.ToString(), now = time.NowMs() }, stop);

    /// <summary>Bytes that the account sent within the last day and that no file uses.</summary>
    public Task<long> UnusedBytesAsync(long accountId, CancellationToken stop) => database.FindAsync<long>("""
        select cast(coalesce(sum(xorb.packed_bytes), 0) as bigint)
        from xorb_grant
        join xorb on xorb.hash = xorb_grant.xorb
        where xorb_grant.account_id = @accountId
          and xorb_grant.granted_at >= @since
          and not exists (select 1 from xet_term where xet_term.xorb = xorb.hash)
        """, new { accountId, since = time.NowMs() - (long)s_allowanceWindow.TotalMilliseconds }, stop);

    public static Refusal BeingRemoved() => new(RefusalKind.Unavailable, "Some of this content is just being removed from the store; send it again in a few seconds.")
    {
        RetryAfter = TimeSpan.FromSeconds(3),
    };
}
