using System.Security.Cryptography;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Profiles;

/// <summary>
/// The files of a commit that a profile can depend on, or those that are asked for: small ones come from git objects, large ones are read by ranges from their blobs,
/// whole or in chunks. Never is a weight file read whole.
/// </summary>
sealed class CommitFiles : IModelFiles
{
    /// <summary>Entries of a tree that are looked at; what lies beyond is no part of a model that anybody publishes.</summary>
    const int MaxEntries = 200_000;

    /// <summary>Weight files and configurations that are kept of them.</summary>
    const int MaxFiles = 50_000;

    readonly TreeReader _trees;
    readonly IBlobStore _blobs;
    readonly long _spaceId;
    readonly Dictionary<string, FolderEntry> _entries;

    CommitFiles(TreeReader trees, IBlobStore blobs, long spaceId, List<FolderEntry> entries)
    {
        (_trees, _blobs, _spaceId) = (trees, blobs, spaceId);
        _entries = entries.ToDictionary(entry => entry.Path.Value, StringComparer.Ordinal);
        Files = [.. entries.Select(entry => new ModelFile(entry.Path.Value, entry.SizeBytes))];
        Digest = DigestOf(entries);
    }

    public IReadOnlyList<ModelFile> Files { get; }

    /// <summary>Names what the files are, whichever commit holds them: commits of the same digest have the same profile.</summary>
    public string Digest { get; }

    public static Task<CommitFiles> ReadAsync(TreeReader trees, IBlobStore blobs, long spaceId, ObjectId tree, CancellationToken stop) =>
        ReadAsync(trees, blobs, spaceId, tree, ModelReader.Reads, MaxFiles, stop);

    public static async Task<CommitFiles> ReadAsync(TreeReader trees, IBlobStore blobs, long spaceId, ObjectId tree, Func<string, bool> isWanted, int most, CancellationToken stop)
    {
        var (entries, seen) = (new List<FolderEntry>(), 0);
        await foreach (var entry in trees.WalkAsync(spaceId, tree, null, stop))
        {
            if (entry.Mode is EntryMode.File or EntryMode.Executable && isWanted(entry.Path.Value)) entries.Add(entry);
            if (++seen >= MaxEntries || entries.Count >= most) break;
        }
        return new(trees, blobs, spaceId, entries);
    }

    public async ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop)
    {
        if (!_entries.TryGetValue(path, out var entry)) throw new FileNotFoundException($"The commit has no file '{path}'.", path);
        return entry.Pointer is { } pointer ? new BlobByteSource(_blobs, pointer) : new MemoryByteSource(await _trees.GetContentAsync(_spaceId, entry.Id, stop));
    }

    static string DigestOf(List<FolderEntry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in entries.OrderBy(entry => entry.Path.Value, StringComparer.Ordinal)) hash.AppendData(Encoding.UTF8.GetBytes($"{entry.Path.Value}\0{entry.ContentId}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
