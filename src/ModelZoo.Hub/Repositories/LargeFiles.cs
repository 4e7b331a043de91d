using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories;

/// <summary>Checks the large files that a commit names: stored, usable by this author in this repository, of the size stated.</summary>
sealed class LargeFiles(BlobLinkStore links, WritableRepository repository)
{
    /// <returns>The pointer object for each digest.</returns>
    public async Task<IReadOnlyDictionary<Digest, StoredObject>> ResolveAsync(IReadOnlyList<FileOperation> operations, CancellationToken stop)
    {
        var wanted = operations.OfType<PutLarge>().ToList();
        if (wanted.Count == 0) return new Dictionary<Digest, StoredObject>();
        var usable = await links.UsableAsync(repository.Id, repository.Actor.Account?.Id ?? 0, [.. wanted.Select(w => w.Digest)], stop);
        var pointers = new Dictionary<Digest, StoredObject>();
        foreach (var large in wanted)
        {
            if (!usable.TryGetValue(large.Digest, out var size))
                throw new Refusal(RefusalKind.Unprocessable, $"The content {large.Digest} of '{large.Path}' was not uploaded; upload it through LFS first.");
            if (large.SizeBytes is { } stated && stated != size)
                throw new Refusal(RefusalKind.Unprocessable, $"The content of '{large.Path}' has {size} bytes, not {stated}.");
            pointers[large.Digest] = StoredObject.Blob(new LfsPointer(large.Digest, size).Encode());
        }
        return pointers;
    }
}
