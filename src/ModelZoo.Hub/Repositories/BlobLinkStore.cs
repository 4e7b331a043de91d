using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// Which repository may read which blob. Knowing a digest gives nobody access: a repository gets a link when somebody who
/// sent the bytes himself, or who writes where the link exists already, commits a pointer to it.
/// </summary>
sealed class BlobLinkStore(HubDatabase database, TimeProvider time)
{
    /// <summary>Sizes of those blobs that the repository links or that the account has sent; others are left out.</summary>
    public async Task<IReadOnlyDictionary<Digest, long>> UsableAsync(
        long repositoryId, long accountId, IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        var usable = new Dictionary<Digest, long>();
        foreach (var slice in digests.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { repositoryId, accountId });
            var rows = await database.ListAsync<BlobRow>($"""
                select digest, size_bytes
                from blob
                where {Sql.In("digest", [.. slice.Select(d => d.Hex)], parameters)}
                  and sweeping_since is null
                  and (exists (select 1 from blob_link where blob_link.digest = blob.digest and blob_link.repository_id = @repositoryId)
                    or exists (select 1 from blob_grant where blob_grant.digest = blob.digest and blob_grant.account_id = @accountId))
                """, parameters, stop);
            foreach (var row in rows) usable[Digest.Parse(row.Digest)] = row.SizeBytes;
        }
        return usable;
    }

    /// <summary>Sizes of those blobs that the repository links.</summary>
    public async Task<IReadOnlyDictionary<Digest, long>> LinkedAsync(long repositoryId, IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        var linked = new Dictionary<Digest, long>();
        foreach (var slice in digests.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { repositoryId });
            var rows = await database.ListAsync<BlobRow>($"""
                select blob.digest, blob.size_bytes
                from blob_link
                join blob on blob.digest = blob_link.digest
                where blob_link.repository_id = @repositoryId
                  and {Sql.In("blob_link.digest", [.. slice.Select(d => d.Hex)], parameters)}
                """, parameters, stop);
            foreach (var row in rows) linked[Digest.Parse(row.Digest)] = row.SizeBytes;
        }
        return linked;
    }

    /// <summary>All links of a repository, oldest first.</summary>
    public Task<IReadOnlyList<BlobLink>> ListAsync(long repositoryId, int skip, int limit, CancellationToken stop) => database.ListAsync<BlobLink>("""
        select blob_link.digest, blob.size_bytes, blob_link.linked_at, blob_link.first_path, blob_link.first_reference
        from blob_link
        join blob on blob.digest = blob_link.digest
        where blob_link.repository_id = @repositoryId
        order by blob_link.linked_at, blob_link.digest
        limit @limit
        offset @skip
        """, new { repositoryId, skip, limit }, stop);

    /// <summary>
    /// Links a blob to the repository. Touching the blob's row first keeps the sweeper out: it either sees this link or
    /// has claimed the blob before, and then the commit is refused and the client sends the bytes again.
    /// </summary>
    public async Task LinkAsync(DbTransaction transaction, long repositoryId, Digest digest, string path, string reference, CancellationToken stop)
    {
        var now = time.NowMs();
        var touched = await transaction.ExecuteAsync("""
            update blob
            set touched_at = @now
            where digest = @digest
              and sweeping_since is null
            """, new { digest = digest.Hex, now }, stop);
        if (touched == 0) throw new Refusal(RefusalKind.Unprocessable, $"The content {digest} of '{path}' is not stored here (any more); upload it again.");
        await transaction.ExecuteAsync("""
            insert into blob_link (repository_id, digest, linked_at, first_path, first_reference)
            values (@repositoryId, @digest, @now, @path, @reference)
            on conflict (repository_id, digest) do nothing
            """, new { repositoryId, digest = digest.Hex, now, path, reference }, stop);
    }

    sealed record BlobRow
    {
        public string Digest { get; init; } = "";
        public long SizeBytes { get; init; }
    }
}

/// <summary>A repository's right to a blob, and where the blob first appeared in it.</summary>
sealed record BlobLink
{
    public string Digest { get; init; } = "";
    public long SizeBytes { get; init; }
    public long LinkedAt { get; init; }
    public string FirstPath { get; init; } = "";
    public string FirstReference { get; init; } = "";
}
