using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Repositories;

/// <summary>How much the hub holds.</summary>
sealed record HubFigures
{
    public long Models { get; init; }
    public long Datasets { get; init; }
    public long Repositories { get; init; }
    public long Blobs { get; init; }

    /// <summary>What is stored: content that exists only as chunks of other blobs is counted with those.</summary>
    public long BlobBytes { get; init; }
}

/// <summary>How many repositories an account owns.</summary>
sealed record OwnedCount
{
    public long OwnerId { get; init; }
    public long Repositories { get; init; }
}

/// <summary>Counts over the whole hub, for its front page and for whoever runs it.</summary>
sealed class HubFiguresQuery(HubDatabase database, TimeProvider time)
{
    /// <summary>Counting walks whole tables; a front page may be a few seconds behind.</summary>
    static readonly TimeSpan s_validFor = TimeSpan.FromSeconds(10);

    (DateTimeOffset Until, HubFigures Figures)? _known;

    public async Task<HubFigures> GetAsync(CancellationToken stop)
    {
        if (_known is { } known && known.Until > time.GetUtcNow()) return known.Figures;
        var figures = (await database.FindAsync<HubFigures>("""
            select (select count(*) from repository where kind = 'model' and visibility = 'public') as models,
                   (select count(*) from repository where kind = 'dataset' and visibility = 'public') as datasets,
                   (select count(*) from repository) as repositories,
                   (select count(*) from blob) as blobs,
                   (select cast(coalesce(sum(size_bytes), 0) as bigint)
                    from blob
                    where not exists (select 1 from xet_file where xet_file.digest = blob.digest and xet_file.form = 'terms')
                      and not exists (select 1 from blob_delta where blob_delta.digest = blob.digest and blob_delta.plain_until is null)) as blob_bytes
            """, null, stop))!;
        _known = (time.GetUtcNow() + s_validFor, figures);
        return figures;
    }

    public Task<long> CountObjectsAsync(CancellationToken stop) => database.FindAsync<long>("select count(*) from git_object", null, stop);

    public Task<IReadOnlyList<OwnedCount>> CountOwnedAsync(CancellationToken stop) => database.ListAsync<OwnedCount>("""
        select owner_id, count(*) as repositories
        from repository
        group by owner_id
        """, null, stop);
}
