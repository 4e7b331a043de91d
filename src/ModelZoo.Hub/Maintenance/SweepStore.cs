using System.Data.Common;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Maintenance;

/// <summary>A blob's row as the sweeper and the check need it.</summary>
sealed record BlobRow
{
    public string DigestHex { get; init; } = "";
    public long SizeBytes { get; init; }
    public long? SweepingSince { get; init; }

    public Digest Digest => Digest.Parse(DigestHex);
}

/// <summary>
/// The database's part in removing blobs. Marking (<see cref="TryClaimAsync"/>) is one committed transaction: from then on
/// nobody may link the blob or finish an upload of it. Looking for those who came before the mark is a second one. So
/// either the sweeper sees the upload or link, or their owner sees the mark.
/// </summary>
sealed class SweepStore(HubDatabase database, JobStore jobs)
{
    static readonly string Unused = """
        not exists (select 1 from blob_link where blob_link.digest = blob.digest)
        and not exists (select 1 from upload where upload.digest = blob.digest and upload.finished_at is null)
        and not exists (select 1 from blob_grant where blob_grant.digest = blob.digest and blob_grant.granted_at >= @before)
        and not exists (
            select 1
            from xorb
            join xorb_grant on xorb_grant.xorb = xorb.hash
            where xorb.digest = blob.digest
              and xorb_grant.granted_at >= @before)
        """ + "\n        and " + NoTerms + "\n        and " + NoDeltas;

    /// <summary>No other file is made of xorbs that lie in this blob. Those whose bytes exist whole do not count: their terms are derived.</summary>
    const string NoTerms = """
        not exists (
            select 1
            from xorb
            join xet_term on xet_term.xorb = xorb.hash
            join xet_file on xet_file.digest = xet_term.digest
            where xorb.digest = blob.digest
              and xet_term.digest <> blob.digest
              and xet_file.form = 'terms')
        """;

    /// <summary>No other blob is stored as its difference from this one, or in it.</summary>
    const string NoDeltas = """
        not exists (select 1 from blob_delta where blob_delta.base = blob.digest)
        and not exists (select 1 from blob_delta where blob_delta.container = blob.digest)
        """;

    /// <summary>Blobs that nothing uses and nobody touched since <paramref name="before"/>, or whose sweeper died.</summary>
    public Task<IReadOnlyList<BlobRow>> CandidatesAsync(string after, long before, long deadBefore, int limit, CancellationToken stop) => database.ListAsync<BlobRow>($"""
        select digest as digest_hex, size_bytes, sweeping_since
        from blob
        where digest > @after
          and ((sweeping_since is null and touched_at < @before and {Unused}) or sweeping_since < @deadBefore)
        order by digest
        limit @limit
        """, new { after, before, deadBefore, limit }, stop);

    /// <summary>Marks the blob as being removed by the holder of <paramref name="claim"/>. False when somebody uses it or sweeps it.</summary>
    public async Task<bool> TryClaimAsync(BlobRow blob, long claim, long before, long deadBefore, CancellationToken stop) => await database.ExecuteAsync("""
        update blob
        set sweeping_since = @claim
        where digest = @DigestHex
          and ((sweeping_since is null and touched_at < @before) or sweeping_since < @deadBefore)
        """, new { blob.DigestHex, claim, before, deadBefore }, stop) == 1;

    /// <summary>Makes stored bytes that have no row into a marked blob, so that they are removed by the same steps. False when there is a row now.</summary>
    public async Task<bool> TryAdoptAsync(Digest digest, long sizeBytes, long claim, CancellationToken stop) => await database.ExecuteAsync("""
        insert into blob (digest, size_bytes, stored_at, touched_at, sweeping_since)
        values (@digest, @sizeBytes, @claim, @claim, @claim)
        on conflict (digest) do nothing
        """, new { digest = digest.Hex, sizeBytes, claim }, stop) == 1;

    /// <summary>True when, after the mark, the claim still holds and nobody has a link, an open upload or a fresh grant.</summary>
    public async Task<bool> IsUnusedAsync(BlobRow blob, long claim, long before, CancellationToken stop) => await database.WriteAsync(
        transaction => transaction.FindAsync<long>($"""
            select count(*)
            from blob
            where digest = @DigestHex
              and sweeping_since = @claim
              and {Unused}
            """, new { blob.DigestHex, claim, before }, stop), stop) == 1;

    public Task UnmarkAsync(BlobRow blob, long claim, CancellationToken stop) => database.ExecuteAsync("""
        update blob
        set sweeping_since = null
        where digest = @DigestHex
          and sweeping_since = @claim
        """, new { blob.DigestHex, claim }, stop);

    /// <summary>The bytes are gone: so is the row, and the xorbs and the file that it was.</summary>
    public Task<bool> RemoveAsync(BlobRow blob, long claim, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var values = new { blob.DigestHex, claim };
        if (await transaction.ExecuteAsync($"""
            update blob
            set sweeping_since = @claim
            where digest = @DigestHex
              and sweeping_since = @claim
              and not exists (select 1 from blob_link where blob_link.digest = blob.digest)
              and {NoTerms}
              and {NoDeltas}
            """, values, stop) == 0) return false;
        await ForgetViewsAsync(transaction, blob, stop);
        await transaction.ExecuteAsync("delete from blob_delta where digest = @DigestHex", values, stop);
        await transaction.ExecuteAsync("delete from xet_file where digest = @DigestHex", values, stop);
        await transaction.ExecuteAsync("delete from xorb where digest = @DigestHex", values, stop);
        return await transaction.ExecuteAsync("delete from blob where digest = @DigestHex", values, stop) == 1;
    }, stop);

    /// <summary>Files that exist whole and shared derived chunks with this blob lose their terms, and get new ones of their own.</summary>
    async Task ForgetViewsAsync(DbTransaction transaction, BlobRow blob, CancellationToken stop)
    {
        var others = await transaction.ListAsync<string>("""
            select distinct xet_term.digest
            from xorb
            join xet_term on xet_term.xorb = xorb.hash
            where xorb.digest = @DigestHex
              and xet_term.digest <> @DigestHex
            """, new { blob.DigestHex }, stop);
        foreach (var digest in others)
        {
            await transaction.ExecuteAsync("delete from xet_file where digest = @digest", new { digest }, stop);
            if (await transaction.FindAsync<long?>("select repository_id from blob_link where digest = @digest limit 1", new { digest }, stop) is { } repositoryId)
                await jobs.EnqueueAsync(transaction, ChunkingWork.JobFor(repositoryId), stop);
        }
    }

    /// <summary>Uploads that nobody can go on with any more.</summary>
    public Task<IReadOnlyList<Upload>> ExpiredUploadsAsync(long expiredBefore, int limit, CancellationToken stop) => database.ListAsync<Upload>("""
        select id, account_id, repository_id, digest as digest_hex, size_bytes, part_bytes, finished_at, handle, expires_at
        from upload
        where expires_at < @expiredBefore
        order by expires_at
        limit @limit
        """, new { expiredBefore, limit }, stop);

    public Task RemoveUploadAsync(long id, CancellationToken stop) => database.ExecuteAsync("delete from upload where id = @id", new { id }, stop);

    /// <summary>Sessions, device logins and counted attempts whose time is over.</summary>
    public Task<int> RemoveExpiredSignInsAsync(long now, CancellationToken stop) => database.WriteAsync(async transaction =>
        await transaction.ExecuteAsync("delete from session where expires_at < @now", new { now }, stop)
        + await transaction.ExecuteAsync("delete from device_login where expires_at < @now", new { now }, stop)
        + await transaction.ExecuteAsync("delete from attempt where window_ends_at < @now", new { now }, stop), stop);

    /// <summary>True for the one node that asks first on a day; the caller's transaction decides whether that counts.</summary>
    public static async Task<bool> TryTakeDayAsync(DbTransaction transaction, string name, long day, CancellationToken stop) => await transaction.ExecuteAsync("""
        insert into hub_setting (name, value)
        values (@name, @value)
        on conflict (name) do update set value = excluded.value
            where hub_setting.value <> excluded.value
        """, new { name, value = day.ToString() }, stop) == 1;
}
