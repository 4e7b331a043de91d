using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// Reads trees. Trees never change, so parsed trees and the facts of their files are kept in memory: a warm HEAD costs one
/// query for the reference and none for the path.
/// </summary>
sealed class TreeReader(GitObjectStore objects) : IDisposable
{
    /// <summary>Bound of the cache in tree entries; an entry costs roughly 200 bytes.</summary>
    const long CachedEntries = 400_000;

    /// <summary>Largest tree object that is read: about two million entries.</summary>
    const int MaxTreeBytes = 100 * 1024 * 1024;

    readonly MemoryCache _trees = new(new MemoryCacheOptions { SizeLimit = CachedEntries });
    readonly MemoryCache _facts = new(new MemoryCacheOptions { SizeLimit = CachedEntries });

    public async ValueTask<Tree> GetAsync(long spaceId, ObjectId id, CancellationToken stop)
    {
        if (id == ObjectId.EmptyTree) return Tree.Empty;
        if (_trees.TryGetValue((spaceId, id), out Tree? known)) return known!;
        var content = await objects.FindContentAsync(spaceId, id, stop)
            ?? throw new MissingObjectException($"Tree {id} is missing from object space {spaceId}; run zoo fsck.");
        if (content.Length > MaxTreeBytes) throw new InvalidDataException($"Tree {id} is larger than {MaxTreeBytes} bytes.");
        var tree = Tree.Parse(content);
        _trees.Set((spaceId, id), tree, new MemoryCacheEntryOptions { Size = tree.Entries.Count + 1 });
        return tree;
    }

    /// <summary>A loader in the form that <see cref="TreeEditor"/> and <see cref="TreeDiff"/> take.</summary>
    public Func<ObjectId, CancellationToken, ValueTask<Tree>> Loader(long spaceId) => (id, stop) => GetAsync(spaceId, id, stop);

    /// <summary>The entry at a path, or null. The root has no entry.</summary>
    public async Task<TreeEntry?> FindEntryAsync(long spaceId, ObjectId root, RepoPath path, CancellationToken stop)
    {
        var folder = root;
        var segments = path.Segments;
        for (var depth = 0; ; depth++)
        {
            var entry = (await GetAsync(spaceId, folder, stop)).Find(segments[depth]);
            if (entry is null || depth == segments.Length - 1) return entry;
            if (entry.Mode != EntryMode.Folder) return null;
            folder = entry.Id;
        }
    }

    /// <summary>The file or folder at a path with its facts, or null.</summary>
    public async Task<FolderEntry?> FindAsync(long spaceId, ObjectId root, RepoPath path, CancellationToken stop)
    {
        var entry = await FindEntryAsync(spaceId, root, path, stop);
        if (entry is null) return null;
        if (entry.Mode is EntryMode.Folder or EntryMode.Submodule) return new(path, entry.Mode, entry.Id, 0, null);
        var facts = await FactsAsync(spaceId, entry.Id, stop);
        return new(path, entry.Mode, entry.Id, facts.SizeBytes, facts.Pointer);
    }

    /// <summary>A folder's entries, folders first, then files, each by name.</summary>
    public async Task<IReadOnlyList<FolderEntry>> ListAsync(long spaceId, ObjectId folder, RepoPath? path, CancellationToken stop)
    {
        var tree = await GetAsync(spaceId, folder, stop);
        await PrefetchAsync(spaceId, tree, stop);
        var entries = new List<FolderEntry>(tree.Entries.Count);
        foreach (var entry in tree.Entries.OrderBy(e => e.Mode != EntryMode.Folder).ThenBy(e => e.Name, StringComparer.Ordinal))
        {
            var at = path is null ? RepoPath.Parse(entry.Name) : path.Append(entry.Name);
            if (entry.Mode is EntryMode.Folder or EntryMode.Submodule)
            {
                entries.Add(new(at, entry.Mode, entry.Id, 0, null));
                continue;
            }
            var facts = await FactsAsync(spaceId, entry.Id, stop);
            entries.Add(new(at, entry.Mode, entry.Id, facts.SizeBytes, facts.Pointer));
        }
        return entries;
    }

    /// <summary>Everything below a folder in list order: a folder's own line, its content, then the files beside it.</summary>
    public async IAsyncEnumerable<FolderEntry> WalkAsync(long spaceId, ObjectId folder, RepoPath? path, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var entry in await ListAsync(spaceId, folder, path, stop))
        {
            yield return entry;
            if (!entry.IsFolder) continue;
            await foreach (var below in WalkAsync(spaceId, entry.Id, entry.Path, stop)) yield return below;
        }
    }

    /// <summary>The content of a regular file; for a pointer, the pointer's text.</summary>
    public async Task<byte[]> GetContentAsync(long spaceId, ObjectId blob, CancellationToken stop) =>
        await objects.FindContentAsync(spaceId, blob, stop)
            ?? throw new MissingObjectException($"Blob {blob} is missing from object space {spaceId}; run zoo fsck.");

    async ValueTask<BlobFacts> FactsAsync(long spaceId, ObjectId blob, CancellationToken stop)
    {
        if (_facts.TryGetValue((spaceId, blob), out BlobFacts? known)) return known!;
        var found = await objects.FactsAsync(spaceId, [blob], stop);
        return found.TryGetValue(blob, out var facts)
            ? Keep(spaceId, blob, facts)
            : throw new MissingObjectException($"Blob {blob} is missing from object space {spaceId}; run zoo fsck.");
    }

    async Task PrefetchAsync(long spaceId, Tree tree, CancellationToken stop)
    {
        var unknown = tree.Entries
            .Where(e => e.Mode is not (EntryMode.Folder or EntryMode.Submodule) && !_facts.TryGetValue((spaceId, e.Id), out _))
            .Select(e => e.Id).ToList();
        if (unknown.Count < 2) return;
        foreach (var (id, facts) in await objects.FactsAsync(spaceId, unknown, stop)) Keep(spaceId, id, facts);
    }

    BlobFacts Keep(long spaceId, ObjectId blob, BlobFacts facts) =>
        _facts.Set((spaceId, blob), facts, new MemoryCacheEntryOptions { Size = 1 });

    /// <summary>Forgets everything: after a repair, and in tests that break things on purpose.</summary>
    public void Forget()
    {
        _trees.Clear();
        _facts.Clear();
    }

    public void Dispose()
    {
        _trees.Dispose();
        _facts.Dispose();
    }
}

/// <summary>An object that something refers to is not stored: swept while a commit was on its way, or lost.</summary>
sealed class MissingObjectException(string message) : Exception(message);
