using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Web.Pages.Populations.Figures;

/// <summary>What a page keeps of a table.</summary>
interface IFolded
{
    /// <summary>False when no further line is needed.</summary>
    bool Add(CsvRow row);

    /// <summary>About how many bytes it holds.</summary>
    long SizeBytes { get; }
}

/// <summary>
/// Reads what analyses left in a commit. They are ordinary files, so anybody may have pushed them: sizes are bounded, tables are folded while they are read,
/// few at once, and the result is kept by the content of the file.
/// </summary>
sealed class AnalysisFiles(TreeReader trees, IBlobStore blobs) : IDisposable
{
    /// <summary>Longest file of figures; those of a thousand members have some hundred kilobytes.</summary>
    const long MaxJsonBytes = 1 << 20;

    /// <summary>Longest table: every pair of 500 members takes some 20 MB.</summary>
    const long MaxTableBytes = 48 << 20;

    const int MostRows = 260_000;

    /// <summary>Tables that are read at the same time.</summary>
    const int MostReaders = 2;

    readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = 64 << 20 });
    readonly SemaphoreSlim _turns = new(MostReaders);

    /// <summary>The figures of an analysis; <see cref="FigureNode.Nothing"/> where there are none that can be read.</summary>
    public async Task<FigureNode> FindAsync(ReadableRepository repository, CommitRow commit, string analysis, CancellationToken stop)
    {
        var space = repository.Repository.SpaceId;
        if (await EntryAsync(space, commit, $"{analysis}.json", stop) is not { SizeBytes: <= MaxJsonBytes } entry) return FigureNode.Nothing;
        if (_kept.TryGetValue((space, entry.Id, ""), out FigureNode known)) return known;
        var source = Open(entry, await SmallAsync(space, entry, stop));
        using var _ = source as IDisposable;
        var bytes = new byte[source.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var read = await source.ReadAsync(done, bytes.AsMemory(done), stop);
            if (read <= 0) break;
            done += read;
        }
        return _kept.Set((space, entry.Id, ""), FigureNode.Parse(bytes), new MemoryCacheEntryOptions { Size = 200 + 4L * bytes.Length });
    }

    /// <summary>A table folded into what a page needs of it; null where there is none that can be read.</summary>
    /// <param name="key">Tells different folds of one file apart.</param>
    public async Task<T?> FoldAsync<T>(ReadableRepository repository, CommitRow commit, string table, string key, Func<T> begin, CancellationToken stop) where T : class, IFolded
    {
        var space = repository.Repository.SpaceId;
        if (await EntryAsync(space, commit, $"{table}.csv", stop) is not { SizeBytes: <= MaxTableBytes } entry) return null;
        if (_kept.TryGetValue((space, entry.Id, key), out T? known)) return known;
        await _turns.WaitAsync(stop);
        try
        {
            if (_kept.TryGetValue((space, entry.Id, key), out known)) return known;
            var folded = begin();
            var source = Open(entry, await SmallAsync(space, entry, stop));
            using var _ = source as IDisposable;
            await foreach (var row in CsvRows.ReadAsync(source, MostRows, stop))
                if (!folded.Add(row)) break;
            return _kept.Set((space, entry.Id, key), folded, new MemoryCacheEntryOptions { Size = 200 + folded.SizeBytes });
        }
        finally
        {
            _turns.Release();
        }
    }

    async Task<FolderEntry?> EntryAsync(long space, CommitRow commit, string name, CancellationToken stop) =>
        await trees.FindAsync(space, ObjectId.Parse(commit.TreeId), RepoPath.Parse($"{PopulationLayout.Analyses}/{name}"), stop) is { Mode: EntryMode.File or EntryMode.Executable } entry ? entry : null;

    async Task<byte[]?> SmallAsync(long space, FolderEntry entry, CancellationToken stop) => entry.Pointer is null ? await trees.GetContentAsync(space, entry.Id, stop) : null;

    IByteSource Open(FolderEntry entry, byte[]? small) =>
        small is not null ? new MemoryByteSource(small) : blobs.FindLocalFile(entry.Pointer!.Digest) is { } local ? new FileByteSource(local) : new BlobSequence(blobs, entry.Pointer!);

    public void Dispose()
    {
        _kept.Dispose();
        _turns.Dispose();
    }
}
