using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>A xorb that is stored: what it holds, and in which blob its bytes lie.</summary>
/// <param name="ViewOffset">Null: the blob is the serialized xorb. Else its chunks lie raw in the blob, from there on.</param>
sealed record StoredXorb(XetHash Hash, Digest Digest, long? ViewOffset, XorbIndex Index);

/// <summary>Finds xorbs. What a xorb holds never changes, so it is kept in memory.</summary>
sealed class Xorbs(XorbStore store) : IDisposable
{
    /// <summary>Bound of the cache in chunks, each of which costs about 50 bytes: xorbs of some 60 GB of content.</summary>
    const long CachedChunks = 1_000_000;

    readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = CachedChunks });

    /// <summary>Those of the xorbs that are stored.</summary>
    public async ValueTask<IReadOnlyDictionary<XetHash, StoredXorb>> FindManyAsync(IEnumerable<XetHash> hashes, CancellationToken stop)
    {
        var found = new Dictionary<XetHash, StoredXorb>();
        var unknown = new List<XetHash>();
        foreach (var hash in hashes.Distinct())
        {
            if (_known.TryGetValue(hash, out StoredXorb? known)) found[hash] = known!;
            else unknown.Add(hash);
        }
        if (unknown.Count == 0) return found;
        foreach (var row in await store.ListAsync(unknown, stop))
        {
            var xorb = new StoredXorb(XetHash.Parse(row.Hash), Digest.Parse(row.Digest), row.ViewOffset, XorbIndex.Parse(row.Chunks));
            found[xorb.Hash] = _known.Set(xorb.Hash, xorb, new MemoryCacheEntryOptions { Size = xorb.Index.Count + 4 });
        }
        return found;
    }

    public async ValueTask<StoredXorb?> FindAsync(XetHash hash, CancellationToken stop) => (await FindManyAsync([hash], stop)).GetValueOrDefault(hash);

    /// <summary>The bytes were not where they should be: the xorb was swept and perhaps stored anew, in another blob.</summary>
    public void Forget(XetHash hash) => _known.Remove(hash);

    public void Dispose() => _known.Dispose();
}
