using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Repositories;

/// <summary>All files of a tree, for whoever reads each tensor once and mostly from its beginning to its end: conversions, merges, analyses.</summary>
sealed class TreeFiles : IModelFiles
{
    /// <summary>Entries of a tree that are looked at.</summary>
    const int MaxEntries = 200_000;

    readonly TreeReader _trees;
    readonly IBlobStore _blobs;
    readonly long _spaceId;
    readonly Dictionary<string, FolderEntry> _entries = new(StringComparer.Ordinal);

    TreeFiles(TreeReader trees, IBlobStore blobs, long spaceId) => (_trees, _blobs, _spaceId) = (trees, blobs, spaceId);

    public IReadOnlyList<ModelFile> Files { get; private set; } = [];

    public static async Task<TreeFiles> ReadAsync(TreeReader trees, IBlobStore blobs, long spaceId, ObjectId tree, CancellationToken stop)
    {
        var (files, seen) = (new TreeFiles(trees, blobs, spaceId), 0);
        await foreach (var entry in trees.WalkAsync(spaceId, tree, null, stop))
        {
            if (entry.Mode is EntryMode.File or EntryMode.Executable) files._entries[entry.Path.Value] = entry;
            if (++seen >= MaxEntries) break;
        }
        files.Files = [.. files._entries.Values.Select(entry => new ModelFile(entry.Path.Value, entry.SizeBytes))];
        return files;
    }

    /// <summary>What the commit has there, if anything.</summary>
    public FolderEntry? Find(string path) => _entries.GetValueOrDefault(path);

    public async ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop)
    {
        if (!_entries.TryGetValue(path, out var entry)) throw new FileNotFoundException($"The commit has no file '{path}'.", path);
        if (entry.Pointer is not { } pointer) return new MemoryByteSource(await _trees.GetContentAsync(_spaceId, entry.Id, stop));
        return _blobs.FindLocalFile(pointer.Digest) is { } local ? new FileByteSource(local) : new BlobSequence(_blobs, pointer);
    }
}
