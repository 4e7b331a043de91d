using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Operations;

/// <summary>How much there is of everything.</summary>
sealed record HubTotals
{
    public IReadOnlyDictionary<string, long> Repositories { get; init; } = new Dictionary<string, long>();
    public long Accounts { get; init; }
    public long Blobs { get; init; }
    public long BlobBytes { get; init; }
    public long Objects { get; init; }
    public long ObjectBytes { get; init; }
    public long UploadsUnfinished { get; init; }
}

/// <summary>Counts what the hub holds, for whoever runs it. It reads whole tables: ask now and then, not per request.</summary>
sealed class HubCountStore(HubDatabase database)
{
    public async Task<HubTotals> ReadAsync(CancellationToken stop)
    {
        var kinds = await database.ListAsync<KindRow>("""
            select kind, count(*) as repositories
            from repository
            group by kind
            """, null, stop);
        // PostgreSQL sums bigint as numeric: the cast keeps one type on both databases.
        var totals = await database.FindAsync<HubTotals>("""
            select (select count(*) from account) as accounts,
                   (select count(*) from blob) as blobs,
                   (select cast(coalesce(sum(size_bytes), 0) as bigint)
                    from blob
                    where not exists (select 1 from xet_file where xet_file.digest = blob.digest and xet_file.form = 'terms')
                      and not exists (select 1 from blob_delta where blob_delta.digest = blob.digest and blob_delta.plain_until is null)) as blob_bytes,
                   (select count(*) from git_object) as objects,
                   (select cast(coalesce(sum(size_bytes), 0) as bigint) from git_object) as object_bytes,
                   (select count(*) from upload where finished_at is null) as uploads_unfinished
            """, null, stop);
        var repositories = new Dictionary<string, long> { ["model"] = 0, ["dataset"] = 0, ["space"] = 0 };
        foreach (var row in kinds) repositories[row.Kind] = row.Repositories;
        return totals! with { Repositories = repositories };
    }

    sealed record KindRow
    {
        public string Kind { get; init; } = "";
        public long Repositories { get; init; }
    }
}
