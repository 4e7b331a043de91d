using ModelZoo.Client;
using ModelZoo.Git;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>
/// Checkpoints that lie on a hub, as files with the branch or the repository as their first folder: <c>step-002500/model.safetensors</c> of owner/name,
/// <c>vit-a/model.safetensors</c> of owner/*. Names are listed at once; a file comes when it is opened and goes when it was read.
/// </summary>
sealed class HubSource : IModelFiles, IDisposable
{
    const int MaxRepositories = 10_000;
    const int MaxFiles = 5_000_000;

    readonly ZooClient _zoo;
    readonly Dictionary<string, (RepoId Repo, RepoPath Path, string Revision)> _places = new(StringComparer.Ordinal);
    readonly List<ModelFile> _files = [];

    HubSource(ZooClient zoo) => _zoo = zoo;

    public IReadOnlyList<ModelFile> Files => _files;

    /// <param name="zoo">The hub; disposed with this.</param>
    /// <param name="source">owner/name, owner/name@revision, or owner/* for all its models.</param>
    public static async Task<HubSource> OpenAsync(ZooClient zoo, string source, CancellationToken stop)
    {
        var files = new HubSource(zoo);
        try
        {
            if (source.EndsWith("/*", StringComparison.Ordinal)) await files.AddAccountAsync(source[..^2], stop);
            else await files.AddRevisionsAsync(RepoAddress.Parse(source), stop);
            files._files.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public async ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop)
    {
        if (!_places.TryGetValue(path, out var place)) throw new FileNotFoundException($"There is no '{path}'.", path);
        var file = Path.Combine(Path.GetTempPath(), $"zoo-{Guid.NewGuid():N}");
        try
        {
            await using (var target = File.Create(file)) await _zoo.DownloadAsync(place.Repo, place.Path, target, place.Revision, stop: stop);
            return new TemporarySource(file);
        }
        catch
        {
            File.Delete(file);
            throw;
        }
    }

    public void Dispose() => _zoo.Dispose();

    async Task AddAccountAsync(string owner, CancellationToken stop)
    {
        var count = 0;
        await foreach (var repository in _zoo.ListRepositoriesAsync(RepoKind.Model, new() { Author = owner }, stop))
        {
            if (++count > MaxRepositories) throw new UsageException($"'{owner}' has more than {MaxRepositories} models.");
            var repo = RepoId.Parse(repository.Id, RepoKind.Model);
            await AddAsync(repo.Name, repo, ZooClient.DefaultBranch, stop);
        }
        if (count == 0) throw new UsageException($"'{owner}' has no models that you may read.");
    }

    async Task AddRevisionsAsync(RepoAddress address, CancellationToken stop)
    {
        var references = await _zoo.ListReferencesAsync(address.Repo, stop: stop);
        // By commit: what a branch holds when it is listed is what is read.
        var wanted = references.Branches.Concat(references.Tags).Where(reference => address.Revision is null || reference.Name == address.Revision).Select(reference => (reference.Name, reference.TargetCommit)).DistinctBy(pair => pair.Name).ToList();
        if (wanted.Count == 0 && address.Revision is { } commit) wanted.Add((commit, commit));
        foreach (var (name, target) in wanted) await AddAsync(name.Replace('/', '~'), address.Repo, target, stop);
    }

    async Task AddAsync(string folder, RepoId repo, string revision, CancellationToken stop)
    {
        await foreach (var entry in _zoo.ListTreeAsync(repo, revision, recursive: true, stop: stop))
        {
            if (!entry.IsFile) continue;
            if (_files.Count == MaxFiles) throw new UsageException($"There are more than {MaxFiles} files.");
            if (_places.TryAdd($"{folder}/{entry.Path}", (repo, entry.Path, revision))) _files.Add(new($"{folder}/{entry.Path}", entry.Lfs?.SizeBytes ?? entry.SizeBytes));
        }
    }

    /// <summary>A file that is gone when it was read.</summary>
    sealed class TemporarySource(string path) : IByteSource, IDisposable
    {
        readonly FileByteSource _file = new(path);

        public long Length => _file.Length;

        public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop) => _file.ReadAsync(offset, buffer, stop);

        public void Dispose()
        {
            _file.Dispose();
            File.Delete(path);
        }
    }
}
