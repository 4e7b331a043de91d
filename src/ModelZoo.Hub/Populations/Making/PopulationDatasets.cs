using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>The data that a blueprint names: made here, read from the operator's file of digits, or read from data set repositories with the rights of whoever asks.</summary>
sealed class PopulationDatasets(AccessPolicy policy, RevisionResolver revisions, TreeReader trees, IBlobStore blobs, HubOptions options)
{
    const int MaxDigitsBytes = 4 << 20;

    /// <exception cref="RecipeException">A data set is not there, may not be read, or is too large; names line and key.</exception>
    public async Task<PopulationData> OpenAsync(IEnumerable<BlueprintDataset> sets, Actor actor, CancellationToken stop)
    {
        var (read, bytes) = (new Dictionary<string, ImageSplits>(StringComparer.Ordinal), 0L);
        ImageSet? digits = null;
        foreach (var set in sets.DistinctBy(set => set.Id))
        {
            if (set.Origin == DatasetOrigin.Digest) throw set.Place.Wrong("data that is named by its digest alone is not trained on here; name a repository as hub: owner/dataset@revision.");
            if (set is { Origin: DatasetOrigin.Builtin, Source: "digits" })
            {
                digits ??= await ReadDigitsAsync(set, stop);
                continue;
            }
            bytes += set.Origin == DatasetOrigin.Builtin ? BuiltinBytes(set) : 0;
            if (set.Origin == DatasetOrigin.Hub)
            {
                var splits = await ReadAsync(set, actor, options.Population.DatasetBytes - bytes, stop);
                read[set.Id] = splits;
                bytes += splits.Others.Prepend(splits.Train).Sum(part => (long)part.Pixels.Length);
            }
            if (bytes > options.Population.DatasetBytes) throw set.Place.Wrong($"the data of this blueprint needs more than the {options.Population.DatasetBytes} bytes that this hub trains on at once.");
        }
        return new(read, digits);
    }

    static long BuiltinBytes(BlueprintDataset set)
    {
        var pixels = (long)(set.Arg("side") ?? 8) * (set.Arg("side") ?? 8);
        var images = (long)(set.Arg("n") ?? set.KnownFacts!.TrainCount);
        foreach (var split in (string[])["val", "test"])
            if (set.Args.GetValueOrDefault(split) is IReadOnlyDictionary<string, object?> args && args.GetValueOrDefault("n") is long count) images += count;
        return pixels * images;
    }

    async Task<ImageSet> ReadDigitsAsync(BlueprintDataset set, CancellationToken stop)
    {
        if (options.Population.DigitsFile is not { } path) throw set.Place.Wrong("this hub has no handwritten digits: they are no part of the program, and an administrator sets Population:DigitsFile. glyphs8 and shapes8 need no file.");
        if (new FileInfo(path).Length > MaxDigitsBytes) throw set.Place.Wrong("the file that the administrator named is longer than the digits.");
        try
        {
            return Digits.Parse(await File.ReadAllBytesAsync(path, stop));
        }
        catch (InvalidDataException problem)
        {
            throw set.Place.Wrong($"the file of digits cannot be read: {problem.Message}");
        }
    }

    async Task<ImageSplits> ReadAsync(BlueprintDataset set, Actor actor, long mostBytes, CancellationToken stop)
    {
        var (name, revision) = set.Source.Split('@', 2) is [var before, var after] ? (before, after) : (set.Source, "HEAD");
        // What may not be read is as if it were not there.
        var repository = name.Split('/') is [var owner, var last] ? await policy.FindReadableAsync(RepositoryKind.Dataset, owner, last, actor, stop) : null;
        if (repository is null || await revisions.FindAsync(repository, revision, stop) is not { } found)
            throw set.Place.Wrong($"there is no data set '{name}' {(repository is null ? "" : $"with a revision '{revision}' ")}here that you may read; write hub: owner/dataset@revision.");
        var files = await TreeFiles.ReadAsync(trees, blobs, repository.Repository.SpaceId, found.Commit.Tree, stop);
        try
        {
            return await ImageArchive.FindAsync(files, mostBytes, stop)
                ?? throw set.Place.Wrong($"'{name}' holds no images that are trained on here: a .npz in its root with train_images [n, side, side] as uint8 and train_labels [n], likewise val_ and test_ (or x_train, y_train, x_test, y_test).");
        }
        catch (Exception problem) when (problem is WeightFormatException or InvalidDataException)
        {
            throw set.Place.Wrong($"the data of '{name}' cannot be read: {problem.Message}");
        }
    }
}

/// <summary>Data sets that are at hand.</summary>
sealed class PopulationData(IReadOnlyDictionary<string, ImageSplits> read, ImageSet? digits)
{
    readonly Dictionary<string, ImageSplits?> _made = new(StringComparer.Ordinal);
    readonly Lock _gate = new();

    public ImageSplits? Find(BlueprintDataset set)
    {
        if (read.TryGetValue(set.Id, out var splits)) return splits;
        lock (_gate) return _made.TryGetValue(set.Id, out var made) ? made : _made[set.Id] = ImageSplits.Of(set, digits);
    }

    public DatasetFacts? FindFacts(BlueprintDataset set) =>
        set.KnownFacts ?? (read.TryGetValue(set.Id, out var splits) ? new(splits.Train.Classes, splits.Train.Count, splits.Train.Side, 1) : null);
}
