using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// Which blobs are known as Xet files, asked with every download, so the answers are kept for a while. An old answer does no harm:
/// terms that came meanwhile are only found later, and terms that went take their blob with them.
/// </summary>
sealed class XetFiles(XetFileStore store) : IDisposable
{
    const int CachedFiles = 200_000;

    static readonly TimeSpan s_known = TimeSpan.FromMinutes(5);
    static readonly TimeSpan s_absent = TimeSpan.FromSeconds(10);

    readonly MemoryCache _files = new(new MemoryCacheOptions { SizeLimit = CachedFiles });

    public async ValueTask<XetFile?> FindAsync(Digest digest, CancellationToken stop) =>
        _files.TryGetValue(digest, out XetFile? known) ? known : Keep(digest, await store.FindAsync(digest, stop));

    public async ValueTask<IReadOnlyDictionary<Digest, XetFile>> FindManyAsync(IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        var found = new Dictionary<Digest, XetFile>();
        var unknown = new List<Digest>();
        foreach (var digest in digests.Distinct())
        {
            if (!_files.TryGetValue(digest, out XetFile? known)) unknown.Add(digest);
            else if (known is not null) found[digest] = known;
        }
        if (unknown.Count == 0) return found;
        var stored = await store.FindManyAsync(unknown, stop);
        foreach (var digest in unknown)
            if (Keep(digest, stored.GetValueOrDefault(digest)) is { } file) found[digest] = file;
        return found;
    }

    /// <summary>What is known without asking; null when nothing is.</summary>
    public XetFile? FindKnown(Digest digest) => _files.TryGetValue(digest, out XetFile? known) ? known : null;

    /// <summary>True when it was asked for lately and the blob exists whole.</summary>
    public bool IsKnownWhole(Digest digest) => _files.TryGetValue(digest, out XetFile? known) && known is null or { IsView: true };

    /// <summary>Something about this file has changed here.</summary>
    public void Forget(Digest digest) => _files.Remove(digest);

    XetFile? Keep(Digest digest, XetFile? file) =>
        _files.Set(digest, file, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = file is null ? s_absent : s_known });

    public void Dispose() => _files.Dispose();
}
