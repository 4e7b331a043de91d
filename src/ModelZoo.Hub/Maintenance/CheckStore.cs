using ModelZoo.Git;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Maintenance;

/// <summary>A blob's row, and whether any repository links it.</summary>
sealed record CheckedBlob
{
    public string DigestHex { get; init; } = "";
    public long SizeBytes { get; init; }
    public long? SweepingSince { get; init; }
    public long Links { get; init; }

    public Digest Digest => Digest.Parse(DigestHex);
}

/// <summary>What the check asks of blobs' rows and of projections.</summary>
sealed class CheckStore(HubDatabase database)
{
    const string Columns = """
        blob.digest as digest_hex, blob.size_bytes, blob.sweeping_since,
        (select count(*) from blob_link where blob_link.digest = blob.digest) as links
        """;

    public Task<IReadOnlyList<CheckedBlob>> BlobsAfterAsync(string after, int limit, CancellationToken stop) => database.ListAsync<CheckedBlob>($"""
        select {Columns}
        from blob
        where blob.digest > @after
        order by blob.digest
        limit @limit
        """, new { after, limit }, stop);

    public Task<CheckedBlob?> FindBlobAsync(Digest digest, CancellationToken stop) => database.FindAsync<CheckedBlob>($"""
        select {Columns}
        from blob
        where blob.digest = @digest
        """, new { digest = digest.Hex }, stop);

    /// <summary>The commit that the repository's projections were derived from.</summary>
    public Task<string?> FindProjectedCommitAsync(long repositoryId, CancellationToken stop) => database.FindAsync<string>("""
        select commit_id
        from repository_card
        where repository_id = @repositoryId
        """, new { repositoryId }, stop);
}
