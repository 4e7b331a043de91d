using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>
/// A model to merge as a person names it: a folder or a weight file, owner/name[@revision] on the hub, or members of a population as
/// POPULATION#MEMBER[@EPOCH], where the epoch may be a range.
/// </summary>
sealed class MergeSource : IDisposable
{
    MergeSource(string name, IReadOnlyList<TensorContent> tensors, string? folder, ModelContent? content) => (Name, Tensors, Folder, Content) = (name, tensors, folder, content);

    public string Name { get; }

    public IReadOnlyList<TensorContent> Tensors { get; }

    /// <summary>Where its other files lie; null for members of a population.</summary>
    public string? Folder { get; }

    public (Population Population, PopulationMember Member, int Epoch)? State { get; private init; }

    public string? Repository { get; private init; }

    ModelContent? Content { get; }

    public MergeInput ToInput() => new(Name, Tensors);

    public void Dispose() => Content?.Dispose();

    public static async Task<IReadOnlyList<MergeSource>> OpenAsync(LocalCall call, IReadOnlyList<string> names)
    {
        var populations = new Dictionary<string, Population>(StringComparer.Ordinal);
        var sources = new List<MergeSource>();
        try
        {
            foreach (var name in names) sources.AddRange(await OpenAsync(call, name, populations));
            if (sources.Select(source => source.Name).Distinct().Count() < sources.Count) throw new UsageException("A model is named twice; a weight says that it counts more.");
            return sources;
        }
        catch
        {
            foreach (var source in sources) source.Dispose();
            throw;
        }
    }

    static async Task<IReadOnlyList<MergeSource>> OpenAsync(LocalCall call, string name, Dictionary<string, Population> populations)
    {
        if (File.Exists(name)) return [await OfFilesAsync(name, new FolderFiles(Path.GetDirectoryName(Path.GetFullPath(name))!), Path.GetFileName(name), Path.GetDirectoryName(Path.GetFullPath(name))!, call.Stop)];
        if (Directory.Exists(name)) return [await OfFilesAsync(name, new FolderFiles(name), null, name, call.Stop)];
        if (name.LastIndexOf('#') is > 0 and var at && Directory.Exists(name[..at]))
        {
            if (!populations.TryGetValue(name[..at], out var population)) populations[name[..at]] = population = await ShowCommand.OpenAsync(name[..at], call.Stop);
            return await OfMemberAsync(population, name[(at + 1)..], call.Stop);
        }
        if (name.Contains('#')) throw new UsageException($"'{name}' is no member of a population here: there is no folder '{name[..name.LastIndexOf('#')]}'. Members on a hub are merged there (--on-hub), or pulled first.");
        if (name.Count(c => c == '/') is 1 or 2 && !name.StartsWith('.') && !name.StartsWith('/'))
        {
            var folder = await PullAsync(call, RepoAddress.Parse(name));
            return [await OfFilesAsync(name, new FolderFiles(folder), null, folder, call.Stop, name)];
        }
        throw new UsageException($"'{name}' is no folder, no file, no owner/name and no POPULATION#MEMBER.");
    }

    /// <summary>A low-rank adapter in a folder, or of a repository.</summary>
    public static async Task<MergeSource> OpenAdapterAsync(LocalCall call, string name)
    {
        var (folder, repository) = Directory.Exists(name) ? (name, null)
            : name.Count(c => c == '/') is 1 && !name.StartsWith('.') && !name.StartsWith('/') ? (await PullAsync(call, RepoAddress.Parse(name)), name) : throw new UsageException($"'{name}' is no folder and no owner/name.");
        if (!File.Exists(Path.Combine(folder, LoraAdapter.WeightsFile))) throw new UsageException($"'{name}' is no adapter: it has no {LoraAdapter.WeightsFile}.");
        return await OfFilesAsync(name, new FolderFiles(folder), LoraAdapter.WeightsFile, folder, call.Stop, repository);
    }

    static async Task<MergeSource> OfFilesAsync(string name, IModelFiles files, string? file, string folder, CancellationToken stop, string? repository = null)
    {
        var content = await ModelContent.OpenAsync(files, file, stop);
        return new(name, content.Tensors, folder, content) { Repository = repository };
    }

    static async Task<IReadOnlyList<MergeSource>> OfMemberAsync(Population population, string text, CancellationToken stop)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var member = population.Get(at < 0 ? text : text[..at]);
        var sources = new List<MergeSource>();
        foreach (var epoch in EpochChoice.Choose(member, at < 0 ? null : text[(at + 1)..]))
            sources.Add(new($"{member.Id}@{epoch}", await population.OpenStateAsync(member, epoch, stop), null, null) { State = (population, member, epoch) });
        return sources;
    }

    /// <summary>Brings a repository into the cache; what is there already is not brought again.</summary>
    internal static async Task<string> PullAsync(LocalCall call, RepoAddress address)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given ? given : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var folder = Path.Combine(cache, "modelzoo", "models", $"{address.Repo}".Replace('/', '~') + "@" + address.RevisionOrMain.Replace('/', '~'));
        var store = CredentialStore.Load();
        var endpoint = HubAccess.FindEndpoint(call.Parse, store);
        using var zoo = HubAccess.Open(endpoint, HubAccess.FindToken(call.Parse, store, endpoint));
        await TransferDisplay.RunAsync(call.Screen, progress => zoo.DownloadSnapshotAsync(address.Repo, folder, new() { Revision = address.RevisionOrMain }, progress, call.Stop));
        return folder;
    }
}
