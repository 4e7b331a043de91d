using System.Text;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Inference.Snippets;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Profiles;

/// <summary>What decides how a commit is used: its files and what their headers say, and the text of its card.</summary>
sealed record CommitUse(ModelFacts Facts, string? Readme);

/// <summary>Reads that of any commit; kept in memory, because a commit never changes.</summary>
sealed class UseReader(TreeReader trees, IBlobStore blobs) : IDisposable
{
    /// <summary>Files that are looked at; a repository with more is used by clients that list it.</summary>
    const int MaxFiles = 2_000;

    const int MaxReadmeBytes = 1 << 20;

    /// <summary>Headers that take longer are left out, and read again when somebody asks again: a page does not wait for them.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>In files and kilobytes of cards.</summary>
    readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    public async Task<CommitUse> ReadAsync(Repository repository, CommitRow commit, CancellationToken stop)
    {
        if (_known.TryGetValue((repository.SpaceId, commit.Id), out CommitUse? known)) return known!;
        var files = await CommitFiles.ReadAsync(trees, blobs, repository.SpaceId, commit.Tree, static _ => true, MaxFiles, stop);
        if (repository.Kind != RepositoryKind.Model) return Keep(new(new() { Files = files.Files }, null));
        var readme = await FindReadmeAsync(files, stop);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(s_patience);
            return Keep(new(await ModelFactsReader.ReadAsync(files, limit.Token), readme));
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or Refusal && !stop.IsCancellationRequested)
        {
            return new(new() { Files = files.Files }, readme);
        }

        CommitUse Keep(CommitUse use) => _known.Set((repository.SpaceId, commit.Id), use, new MemoryCacheEntryOptions { Size = 1 + use.Facts.Files.Count + ((use.Readme?.Length ?? 0) / 1024) });
    }

    static async Task<string?> FindReadmeAsync(CommitFiles files, CancellationToken stop)
    {
        if (files.Files.FirstOrDefault(file => file.Path == "README.md") is not { SizeBytes: <= MaxReadmeBytes } file) return null;
        var source = await files.OpenAsync(file.Path, stop);
        var bytes = new byte[source.Length];
        for (var filled = 0; filled < bytes.Length;)
        {
            var read = await source.ReadAsync(filled, bytes.AsMemory(filled), stop);
            if (read <= 0) return null;
            filled += read;
        }
        return Encoding.UTF8.GetString(bytes);
    }

    public void Dispose() => _known.Dispose();
}
