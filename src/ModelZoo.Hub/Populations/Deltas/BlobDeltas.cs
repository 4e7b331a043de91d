using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Weights;
using ModelZoo.Weights.Deltas;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>
/// Which blobs are stored as differences, and the headers of their containers, kept for a while. An old answer does no harm: who is told that a blob
/// exists whole finds it so for much longer, and what is not found is asked for anew.
/// </summary>
sealed class BlobDeltas(DeltaStore store) : IDisposable
{
    const int CachedBlobs = 200_000;

    /// <summary>Headers have a few hundred bytes for small models and up to some MiB for the largest.</summary>
    const long CachedHeaderBytes = 64 << 20;

    static readonly TimeSpan s_known = TimeSpan.FromMinutes(5);
    static readonly TimeSpan s_passing = TimeSpan.FromSeconds(30);

    readonly MemoryCache _blobs = new(new MemoryCacheOptions { SizeLimit = CachedBlobs });
    readonly MemoryCache _headers = new(new MemoryCacheOptions { SizeLimit = CachedHeaderBytes });

    public async ValueTask<BlobDelta?> FindAsync(Digest digest, CancellationToken stop) =>
        _blobs.TryGetValue(digest, out BlobDelta? known) ? known : await FindNowAsync(digest, stop);

    /// <summary>As the database says now.</summary>
    public async ValueTask<BlobDelta?> FindNowAsync(Digest digest, CancellationToken stop)
    {
        var found = await store.FindAsync(digest, stop);
        return _blobs.Set(digest, found, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = found is { IsPlainGone: true } ? s_known : s_passing });
    }

    /// <summary>What is known without asking; null when nothing is.</summary>
    public BlobDelta? FindKnown(Digest digest) => _blobs.TryGetValue(digest, out BlobDelta? known) ? known : null;

    public void Forget(Digest digest) => _blobs.Remove(digest);

    public async ValueTask<DeltaHeader> HeaderAsync(IBlobStore blobs, BlobDelta delta, CancellationToken stop)
    {
        if (_headers.TryGetValue(delta.Container, out DeltaHeader? known)) return known!;
        var header = await DeltaHeader.ReadAsync(new ContainerSource(blobs, delta.Container, delta.StoredBytes), stop);
        if (header.Length != delta.SizeBytes || Digest.FromHash(header.Digest.Span) != delta.Digest || (header.BaseDigest is { } named && Digest.FromHash(named.Span) != delta.Base))
            throw new DeltaFormatException($"The container {delta.Container} is not that of {delta.Digest}.");
        return _headers.Set(delta.Container, header, new MemoryCacheEntryOptions { Size = 500 + (header.Segments.Count * 32L) + (header.BlockCount * 8L) });
    }

    public void Dispose()
    {
        _blobs.Dispose();
        _headers.Dispose();
    }

    sealed class ContainerSource(IBlobStore blobs, Digest digest, long length) : IByteSource
    {
        public long Length => length;

        public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
        {
            var count = (int)Math.Min(buffer.Length, length - offset);
            if (count <= 0) return 0;
            await using var content = await blobs.OpenReadAsync(digest, offset, count, stop);
            await content.ReadExactlyAsync(buffer[..count], stop);
            return count;
        }
    }
}
