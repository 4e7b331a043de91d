using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>Which blobs are still to be cut into chunks, and what came of it.</summary>
sealed class ChunkingStore(HubDatabase database, XorbStore xorbs, XetFileStore files)
{
    const string Uncut = """
        blob.size_bytes >= @atLeast
        and blob.size_bytes > 0
        and blob.sweeping_since is null
        and not exists (select 1 from xet_file where xet_file.digest = blob.digest)
        """;

    /// <summary>The next blobs that the repository links and that no terms are known of, by digest.</summary>
    public Task<IReadOnlyList<UncutBlob>> ListAsync(long repositoryId, string after, long atLeast, int limit, CancellationToken stop) => database.ListAsync<UncutBlob>($"""
        select blob.digest as digest_hex, blob.size_bytes
        from blob_link
        join blob on blob.digest = blob_link.digest
        where blob_link.repository_id = @repositoryId
          and blob_link.digest > @after
          and {Uncut}
        order by blob_link.digest
        limit @limit
        """, new { repositoryId, after, atLeast, limit }, stop);

    public static async Task<bool> AnyAsync(DbTransaction transaction, IReadOnlyCollection<Digest> digests, long atLeast, CancellationToken stop)
    {
        foreach (var slice in digests.Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { atLeast });
            if (await transaction.FindAsync<string>($"""
                select digest
                from blob
                where {Sql.In("digest", [.. slice.Select(digest => digest.Hex)], parameters)}
                  and {Uncut}
                limit 1
                """, parameters, stop) is not null) return true;
        }
        return false;
    }

    /// <summary>Adds xorbs that are views of a blob. False when the blob is being removed.</summary>
    public Task<bool> TryAddViewsAsync(Digest digest, IReadOnlyList<(XorbRow Row, IReadOnlyList<(XetHash Hash, int Index)> Global)> views, CancellationToken stop) =>
        database.WriteAsync(async transaction =>
        {
            if (await HoldAsync(transaction, digest, stop) == 0) return false;
            foreach (var (row, global) in views) await xorbs.AddAsync(transaction, row, global, stop);
            return true;
        }, stop);

    /// <summary>Adds the file over its views, or over such as came before them. False when one of those is being removed.</summary>
    public Task<bool> TryAddFileAsync(XetFile file, IReadOnlyList<XetTerm> terms, XetHash first, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        if (await HoldAsync(transaction, file.Digest, stop) == 0 || !await xorbs.TryTouchAsync(transaction, [.. terms.Select(term => term.Xorb)], stop)) return false;
        if (await files.AddAsync(transaction, file, terms, null, stop)) await XorbStore.AddGlobalAsync(transaction, [(first, terms[0].Xorb, terms[0].Chunks.Start)], stop);
        return true;
    }, stop);

    /// <summary>Keeps the row as it is until the transaction ends; the sweeper waits.</summary>
    static Task<int> HoldAsync(DbTransaction transaction, Digest digest, CancellationToken stop) => transaction.ExecuteAsync("""
        update blob
        set sweeping_since = null
        where digest = @digest
          and sweeping_since is null
        """, new { digest = digest.Hex }, stop);
}

/// <summary>A blob that exists whole and is not cut into chunks.</summary>
sealed record UncutBlob
{
    public string DigestHex { get; init; } = "";
    public long SizeBytes { get; init; }

    public Digest Digest => Digest.Parse(DigestHex);
}
