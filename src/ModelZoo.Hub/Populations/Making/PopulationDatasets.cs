using System.Collections.Concurrent;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>The data that a blueprint names: made here, read from the operator's file of digits, or read from data set repositories with the rights of whoever asks.</summary>
sealed class PopulationDatasets(AccessPolicy policy, RevisionResolver revisions, CommitFolders folders, HubOptions options)
{
    const int MaxDigitsBytes = 4 << 20;

    /// <summary>Stored bytes of a data set for each byte of pixels that may be held: pictures may be stored larger than they are trained on.</summary>
    const long MostStored = 8;

    readonly ConcurrentDictionary<string, WeakReference<ImageSplits>> _read = new(StringComparer.Ordinal);

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
                bytes += splits.Bytes;
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
        // What was read lately may still be in memory: planning, training and analyses follow each other.
        var key = $"{found.Commit.Tree} {set.Id}";
        if (_read.TryGetValue(key, out var kept) && kept.TryGetTarget(out var splits) && splits.Bytes <= mostBytes) return splits;
        var stored = (await folders.ListAsync(repository, found.CommitId, stop)).Where(NeededFiles.OfDataset).Sum(file => file.SizeBytes);
        if (stored > MostStored * options.Population.DatasetBytes) throw set.Place.Wrong($"the files of '{name}' take {stored} bytes, more than this hub reads to train on.");
        using var folder = await folders.OpenAsync(repository, found.CommitId, NeededFiles.OfDataset, stop);
        try
        {
            splits = await PictureFolder.ReadAsync(folder.Path, set, mostBytes, stop);
        }
        catch (InvalidDataException problem)
        {
            throw set.Place.Wrong($"the data of '{name}' cannot be trained on here: {problem.Message}");
        }
        foreach (var (old, gone) in _read)
            if (!gone.TryGetTarget(out _)) _read.TryRemove(old, out _);
        _read[key] = new(splits);
        return splits;
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
        set.KnownFacts ?? (read.TryGetValue(set.Id, out var splits) ? splits.Train.Facts : null);
}
