using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>Bytes on their way in: promised by somebody for a repository, not yet verified, not yet a blob.</summary>
sealed record Upload
{
    public long Id { get; init; }
    public long AccountId { get; init; }
    public long RepositoryId { get; init; }
    public string DigestHex { get; init; } = "";
    public long SizeBytes { get; init; }
    public long? PartBytes { get; init; }
    public long? FinishedAt { get; init; }
    public string? Handle { get; init; }
    public long ExpiresAt { get; init; }

    public Digest Digest => Digest.Parse(DigestHex);

    public Storage.PartsUpload Parts => new(Handle!, Digest, SizeBytes, PartBytes!.Value);
}

/// <summary>Rows of uploads and of the blobs they become.</summary>
sealed class UploadStore(HubDatabase database, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    const string Columns = "id, account_id, repository_id, digest as digest_hex, size_bytes, part_bytes, finished_at, handle, expires_at";

    public Task<Upload?> FindAsync(long id, CancellationToken stop) => database.FindAsync<Upload>($"""
        select {Columns}
        from upload
        where id = @id
          and expires_at > @now
        """, new { id, now = time.NowMs() }, stop);

    /// <summary>An upload in parts of the same content by the same account that can be gone on with.</summary>
    public Task<Upload?> FindUnfinishedPartsAsync(long repositoryId, long accountId, Digest digest, long sizeBytes, CancellationToken stop) => database.FindAsync<Upload>($"""
        select {Columns}
        from upload
        where repository_id = @repositoryId
          and account_id = @accountId
          and digest = @digest
          and size_bytes = @sizeBytes
          and part_bytes is not null
          and finished_at is null
          and expires_at > @soon
        order by id desc
        limit 1
        """, new { repositoryId, accountId, digest = digest.Hex, sizeBytes, soon = time.NowMs() + (long)(Lifetime / 4).TotalMilliseconds }, stop);

    /// <summary>Unfinished uploads in parts of any of these contents, by the same account for the same repository.</summary>
    public Task<IReadOnlyList<Upload>> ListUnfinishedPartsAsync(long repositoryId, long accountId, IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        var parameters = new DynamicParameters(new { repositoryId, accountId, now = time.NowMs() });
        return database.ListAsync<Upload>($"""
            select {Columns}
            from upload
            where {Sql.In("digest", [.. digests.Select(d => d.Hex).Distinct().Take(Sql.MaxInList)], parameters)}
              and repository_id = @repositoryId
              and account_id = @accountId
              and part_bytes is not null
              and finished_at is null
              and expires_at > @now
            order by id
            """, parameters, stop);
    }

    public async Task<Upload> AddAsync(long repositoryId, long accountId, Digest digest, long sizeBytes, long? partBytes, string? handle, CancellationToken stop)
    {
        var now = time.NowMs();
        var upload = new Upload
        {
            Id = Ids.Next(time), AccountId = accountId, RepositoryId = repositoryId, DigestHex = digest.Hex, SizeBytes = sizeBytes,
            PartBytes = partBytes, Handle = handle, ExpiresAt = now + (long)Lifetime.TotalMilliseconds,
        };
        await database.ExecuteAsync("""
            insert into upload (id, account_id, repository_id, digest, size_bytes, part_bytes, handle, created_at, expires_at)
            values (@Id, @AccountId, @RepositoryId, @DigestHex, @SizeBytes, @PartBytes, @Handle, @now, @ExpiresAt)
            """,
            new { upload.Id, upload.AccountId, upload.RepositoryId, upload.DigestHex, upload.SizeBytes, upload.PartBytes, upload.Handle, now, upload.ExpiresAt }, stop);
        return upload;
    }

    /// <summary>From now on the upload is unknown.</summary>
    public Task ExpireAsync(long id, CancellationToken stop) =>
        database.ExecuteAsync("update upload set expires_at = @now where id = @id", new { id, now = time.NowMs() }, stop);

    /// <summary>
    /// Refuses while the sweeper is removing a blob of this name. The upload's row is committed before this is asked, and
    /// the sweeper looks for such rows after it marked the blob: one of the two always sees the other.
    /// </summary>
    public async Task RefuseWhileSweepingAsync(Digest digest, CancellationToken stop)
    {
        var sweeping = await database.FindAsync<long?>("""
            select sweeping_since
            from blob
            where digest = @digest
              and sweeping_since is not null
            """, new { digest = digest.Hex }, stop);
        if (sweeping is not null)
            throw new Refusal(RefusalKind.Unavailable, "This content is just being removed from the store; send it again in a few seconds.")
            {
                RetryAfter = TimeSpan.FromSeconds(3),
            };
    }

    /// <summary>
    /// The bytes are verified and durable: from now on they are a blob, and the sender may refer to it. Only the first to
    /// finish an upload may make the blob's row: after that the upload no longer holds the sweeper off, so whoever sent the
    /// same upload twice finds a row or is refused, and never makes one for bytes that were swept meanwhile.
    /// </summary>
    public Task FinishAsync(Upload upload, CancellationToken stop) => database.WriteAsync(transaction => FinishAsync(transaction, upload, stop), stop);

    /// <summary>The same in the transaction of whoever adds more to the blob.</summary>
    public async Task FinishAsync(DbTransaction transaction, Upload upload, CancellationToken stop)
    {
        var now = time.NowMs();
        var first = await transaction.ExecuteAsync("update upload set finished_at = @now where id = @Id and finished_at is null", new { upload.Id, now }, stop) == 1;
        await AddBlobAsync(transaction, upload.Digest, upload.SizeBytes, first, now, stop);
        await transaction.ExecuteAsync("""
            insert into blob_grant (account_id, digest, granted_at)
            values (@AccountId, @digest, @now)
            on conflict (account_id, digest) do update set granted_at = excluded.granted_at
            """, new { upload.AccountId, digest = upload.DigestHex, now }, stop);
    }

    static async Task AddBlobAsync(DbTransaction transaction, Digest digest, long sizeBytes, bool mayInsert, long now, CancellationToken stop)
    {
        var values = new { digest = digest.Hex, sizeBytes, now };
        var added = !mayInsert ? await transaction.ExecuteAsync("update blob set touched_at = @now where digest = @digest and sweeping_since is null", values, stop) : await transaction.ExecuteAsync("""
            insert into blob (digest, size_bytes, stored_at, touched_at)
            values (@digest, @sizeBytes, @now, @now)
            on conflict (digest) do update set touched_at = excluded.touched_at
                where blob.sweeping_since is null
            """, values, stop);
        if (added == 0) throw new Refusal(RefusalKind.Unavailable, "This content is just being removed from the store; send it again in a few seconds.");
    }
}
