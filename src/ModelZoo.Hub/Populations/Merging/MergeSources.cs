using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>A file of weights that a merge reads, by what it holds.</summary>
sealed record MergedFile(string Path, string ContentId, long SizeBytes);

/// <summary>One model of a merge, opened.</summary>
/// <param name="Name">As it was written; with the epoch where a range was.</param>
/// <param name="Work">The source that it comes from; of a range of epochs, several do.</param>
/// <param name="Files">What its tensors are read from.</param>
sealed record OpenedSource(string Name, MergeWorkSource Work, ReadableRepository Repository, IReadOnlyList<TensorContent> Tensors, (Population Population, PopulationMember Member, int Epoch)? State, IReadOnlyList<MergedFile> Files, TreeFiles Tree)
{
    public MergeInput ToInput() => new(Name, Tensors);
}

/// <summary>All models of a merge, for as long as they are read.</summary>
sealed class OpenedSources(IReadOnlyList<OpenedSource> models, OpenedSource? origin, IReadOnlyList<IDisposable> held) : IDisposable
{
    public IReadOnlyList<OpenedSource> Models => models;

    public OpenedSource? Origin => origin;

    public IEnumerable<OpenedSource> All => origin is null ? models : models.Append(origin);

    public long Bytes => All.Sum(source => source.Tensors.Sum(tensor => tensor.ByteLength));

    public void Dispose()
    {
        foreach (var each in held) each.Dispose();
    }
}

/// <summary>Opens the models of a merge with the rights of whoever asked for it.</summary>
sealed class MergeSources(AccessPolicy policy, CommitStore commits, TreeReader trees, IBlobStore blobs, PopulationShelf shelf)
{
    const int MostModels = 400;
    const int MostTensors = 200_000;

    /// <summary>Members' states up to this size are read at once instead of by ranges.</summary>
    const long MostHeldBytes = 16 << 20;

    /// <summary>What one merge may read of all models together.</summary>
    public const long MostBytes = 4L << 40;

    public async Task<OpenedSources> OpenAsync(MergeWork work, Actor actor, CancellationToken stop)
    {
        var (models, held, open) = (new List<OpenedSource>(), new List<IDisposable>(), new Dictionary<(long, string), (ReadableRepository, CommitRow, TreeFiles)>());
        try
        {
            foreach (var source in work.Sources)
            {
                models.AddRange(await OneAsync(source));
                if (models.Count > MostModels) throw Refusal.Invalid($"At most {MostModels} models are merged at once.");
            }
            var origin = work.Base is null ? null : await OneAsync(work.Base) is [var only] ? only : throw Refusal.Invalid("The base is one state, not a range of epochs.");
            if (models.Select(model => model.Name).Distinct(StringComparer.Ordinal).Count() < models.Count) throw Refusal.Invalid("A state is named twice; a weight says that it counts more.");
            var opened = new OpenedSources(models, origin, held);
            if (opened.All.FirstOrDefault(model => model.Tensors.Count > MostTensors) is { } many) throw Refusal.Invalid($"'{many.Name}' has {many.Tensors.Count} tensors; at most {MostTensors} are merged.");
            if (opened.Bytes > MostBytes) throw Refusal.Invalid($"The models have {opened.Bytes} bytes together; at most {MostBytes} are merged.");
            return opened;
        }
        catch
        {
            foreach (var each in held) each.Dispose();
            throw;
        }

        async Task<IReadOnlyList<OpenedSource>> OneAsync(MergeWorkSource source)
        {
            if (!open.TryGetValue((source.RepositoryId, source.CommitId), out var place)) open[(source.RepositoryId, source.CommitId)] = place = await PlaceAsync(source, actor, stop);
            var (repository, commit, files) = place;
            return source.Member is null ? [await ModelAsync(source, repository, files, held, stop)] : await StatesAsync(source, repository, commit, files, stop);
        }
    }

    async Task<(ReadableRepository, CommitRow, TreeFiles)> PlaceAsync(MergeWorkSource source, Actor actor, CancellationToken stop)
    {
        var repository = await policy.GetAsync(source.RepositoryId, actor, AccessLevel.Read, stop);
        var commit = await commits.FindAsync(repository.Repository.SpaceId, ObjectId.Parse(source.CommitId), stop) ?? throw Refusal.RevisionNotFound(source.CommitId);
        return (repository, commit, await TreeFiles.ReadAsync(trees, blobs, repository.Repository.SpaceId, commit.Tree, stop));
    }

    static async Task<OpenedSource> ModelAsync(MergeWorkSource source, ReadableRepository repository, TreeFiles files, List<IDisposable> held, CancellationToken stop)
    {
        if (files.Find(PopulationLayout.Record) is not null) throw Refusal.Invalid($"'{source.Name}' is a population: name members of it as {repository.Repository.FullName}#member[@epochs].");
        var noted = new NotedFiles(files);
        var isAdapter = files.Find(LoraAdapter.WeightsFile) is not null && files.Find("model.safetensors") is null && files.Find("model.safetensors.index.json") is null;
        var content = await ModelContent.OpenAsync(noted, isAdapter ? LoraAdapter.WeightsFile : null, stop);
        held.Add(content);
        return new(source.Name, source, repository, content.Tensors, null, noted.Opened, files);
    }

    async Task<IReadOnlyList<OpenedSource>> StatesAsync(MergeWorkSource source, ReadableRepository repository, CommitRow commit, TreeFiles files, CancellationToken stop)
    {
        var population = await shelf.FindAsync(repository, commit, stop) ?? throw Refusal.Invalid($"{repository.Repository.FullName} holds no population at that revision, so it has no member '{source.Member}'.");
        var member = population.Get(source.Member!);
        var epochs = EpochChoice.Choose(member, source.Epochs);
        var opened = new List<OpenedSource>();
        foreach (var epoch in epochs)
        {
            var path = PopulationLayout.Checkpoint(member.Id, epoch);
            var tensors = await population.OpenStateAsync(member, epoch, stop);
            if (tensors.Count > 0 && tensors[0].Source is { Length: <= MostHeldBytes } file) tensors = await HoldAsync(file, tensors, stop);
            opened.Add(new($"{source.Name.Split('#')[0]}#{member.Id}@{epoch}", source, repository, tensors, (population, member, epoch), files.Find(path) is { } entry ? [new(path, entry.ContentId, entry.SizeBytes)] : [], files));
        }
        return opened;
    }

    static async Task<IReadOnlyList<TensorContent>> HoldAsync(IByteSource file, IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        var bytes = new byte[file.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var read = await file.ReadAsync(done, bytes.AsMemory(done), stop);
            if (read <= 0) throw Refusal.Invalid("A state ends too early.");
            done += read;
        }
        var memory = new MemoryByteSource(bytes);
        return [.. tensors.Select(tensor => tensor with { Source = ReferenceEquals(tensor.Source, file) ? memory : tensor.Source })];
    }

    /// <summary>The files of a tree, and which of them were opened.</summary>
    sealed class NotedFiles(TreeFiles files) : IModelFiles
    {
        readonly Dictionary<string, MergedFile> _opened = new(StringComparer.Ordinal);

        public IReadOnlyList<ModelFile> Files => files.Files;

        public IReadOnlyList<MergedFile> Opened => [.. _opened.Values.OrderBy(file => file.Path, StringComparer.Ordinal)];

        public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop)
        {
            if (files.Find(path) is { } entry) _opened[path] = new(path, entry.ContentId, entry.SizeBytes);
            return files.OpenAsync(path, stop);
        }
    }
}
