using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>What storing states as differences saves.</summary>
/// <param name="Files">Large files that are stored so, each content once.</param>
/// <param name="PlainBytes">What they are.</param>
/// <param name="StoredBytes">What is stored instead.</param>
/// <param name="WaitingBytes">How much of the first still lies beside, for a while.</param>
public sealed record StorageSavings(long Files, long PlainBytes, long StoredBytes, long WaitingBytes)
{
    public long SavedBytes => PlainBytes - StoredBytes;

    /// <summary>Stored bytes as a share of what they stand for; null where there are none.</summary>
    public double? Share => PlainBytes == 0 ? null : (double)StoredBytes / PlainBytes;
}

/// <summary>Adds up what differences save, for one repository and for the hub.</summary>
sealed class StorageSavingsQuery(HubDatabase database)
{
    const string Sums = """
        count(*) as files,
        cast(coalesce(sum(blob.size_bytes), 0) as bigint) as plain_bytes,
        cast(coalesce(sum(blob_delta.stored_bytes), 0) as bigint) as stored_bytes,
        cast(coalesce(sum(case when blob_delta.plain_until is null then 0 else blob.size_bytes end), 0) as bigint) as waiting_bytes
        """;

    /// <summary>Of the large files of all revisions of a repository; null where none is stored so.</summary>
    public async Task<StorageSavings?> FindAsync(long repositoryId, CancellationToken stop) => Seen(await database.FindAsync<Row>($"""
        select {Sums}
        from blob_link
        join blob_delta on blob_delta.digest = blob_link.digest
        join blob on blob.digest = blob_delta.digest
        where blob_link.repository_id = @repositoryId
        """, new { repositoryId }, stop));

    /// <summary>Of the whole hub; null where nothing is stored so.</summary>
    public async Task<StorageSavings?> FindTotalAsync(CancellationToken stop) => Seen(await database.FindAsync<Row>($"""
        select {Sums}
        from blob_delta
        join blob on blob.digest = blob_delta.digest
        """, null, stop));

    static StorageSavings? Seen(Row? row) => row is { Files: > 0 } ? new(row.Files, row.PlainBytes, row.StoredBytes, row.WaitingBytes) : null;

    sealed record Row
    {
        public long Files { get; init; }
        public long PlainBytes { get; init; }
        public long StoredBytes { get; init; }
        public long WaitingBytes { get; init; }
    }
}
