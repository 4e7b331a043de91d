using ModelZoo.Client;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>
/// Checkpoints that lie on a hub, as files with the branch or the repository as their first folder: <c>step-002500/model.safetensors</c> of owner/name,
/// <c>vit-a/model.safetensors</c> of owner/*. They are kept in the cache.
/// </summary>
sealed class HubSource : IModelFiles
{
    const int MaxRepositories = 2000;

    readonly Dictionary<string, FolderFiles> _parts;

    HubSource(Dictionary<string, FolderFiles> parts)
    {
        _parts = parts;
        Files = [.. parts.SelectMany(part => part.Value.Files.Select(file => new ModelFile($"{part.Key}/{file.Path}", file.SizeBytes))).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    public IReadOnlyList<ModelFile> Files { get; }

    public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop) =>
        path.IndexOf('/', StringComparison.Ordinal) is > 0 and var at && _parts.TryGetValue(path[..at], out var part) ? part.OpenAsync(path[(at + 1)..], stop) : throw new FileNotFoundException($"There is no '{path}'.", path);

    public static async Task<HubSource> OpenAsync(LocalCall call, string source)
    {
        var store = CredentialStore.Load();
        var endpoint = HubAccess.FindEndpoint(call.Parse, store);
        using var zoo = HubAccess.Open(endpoint, HubAccess.FindToken(call.Parse, store, endpoint));
        var parts = new Dictionary<string, FolderFiles>(StringComparer.Ordinal);
        if (source.EndsWith("/*", StringComparison.Ordinal))
        {
            await foreach (var repository in zoo.ListRepositoriesAsync(RepoKind.Model, new() { Author = source[..^2] }, call.Stop))
            {
                if (parts.Count == MaxRepositories) throw new UsageException($"'{source}' has more than {MaxRepositories} models; a pattern over fewer is needed.");
                parts[repository.Id[(repository.Id.IndexOf('/', StringComparison.Ordinal) + 1)..]] = new(await MergeSource.PullAsync(call, RepoAddress.Parse(repository.Id)));
            }
            return parts.Count > 0 ? new(parts) : throw new UsageException($"'{source[..^2]}' has no models that you may read.");
        }
        var address = RepoAddress.Parse(source);
        var references = await zoo.ListReferencesAsync(address.Repo, stop: call.Stop);
        foreach (var branch in references.Branches.Concat(references.Tags).Where(branch => address.Revision is null || branch.Name == address.Revision))
            parts[branch.Name.Replace('/', '~')] = new(await MergeSource.PullAsync(call, RepoAddress.Parse($"{source.Split('@')[0]}@{branch.Name}")));
        return new(parts);
    }
}
