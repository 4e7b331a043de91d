using ModelZoo.Git;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Maintenance;

/// <summary>A blob's row, whether any repository links it or any file is made of it, and in which form its bytes exist.</summary>
sealed record CheckedBlob
{
    public string DigestHex { get; init; } = "";
    public long SizeBytes { get; init; }
    public long? SweepingSince { get; init; }
    public long Links { get; init; }

    /// <summary>Files that take chunks from it, or are stored as differences from it or in it.</summary>
    public long Files { get; init; }

    /// <summary>"terms" when its bytes exist only as chunks of other blobs.</summary>
    public string? Form { get; init; }

    public bool IsTerms => Form == "terms";

    /// <summary>Since when it has been stored as a difference; null while its bytes are there themselves.</summary>
    public long? DeltaSince { get; init; }

    public Digest Digest => Digest.Parse(DigestHex);
}

/// <summary>What the check asks of blobs' rows and of projections.</summary>
sealed class CheckStore(HubDatabase database)
{
    const string Columns = """
        blob.digest as digest_hex, blob.size_bytes, blob.sweeping_since,
        (select count(*) from blob_link where blob_link.digest = blob.digest) as links,
        (select count(distinct xet_term.digest) from xorb join xet_term on xet_term.xorb = xorb.hash where xorb.digest = blob.digest)
            + (select count(*) from blob_delta where blob_delta.base = blob.digest)
            + (select count(*) from blob_delta where blob_delta.container = blob.digest) as files,
        (select blob_delta.made_at from blob_delta where blob_delta.digest = blob.digest and blob_delta.plain_until is null) as delta_since,
        (select xet_file.form from xet_file where xet_file.digest = blob.digest) as form
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
