using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// Takes a preprocessed zoo into a population: files of flat vectors or state dictionaries with lists of their properties, and <c>index_dict.json</c>, which says
/// what the vectors' numbers are. Doing it again adds nothing.
/// </summary>
static class VectorImport
{
    const string Index = "index_dict.json", Stage = "preprocessed";
    const int MaxIndexBytes = 64 << 20;

    static readonly string[] s_endings = [".pt", ".pth", ".safetensors", ".npz"];

    /// <summary>Whether there is something to try.</summary>
    public static bool IsOne(IModelFiles files) => files.Files.Any(file => NameOf(file.Path) == Index) || files.Files.Any(IsSet);

    /// <exception cref="PopulationException">Nothing there can be read as data.</exception>
    public static async Task<ImportOutcome> RunAsync(IModelFiles files, string name, IPopulationPlace place, ImportSettings settings, CancellationToken stop)
    {
        var tally = new ImportTally();
        var states = new ImportedStates(files, settings, tally);
        var indices = new Dictionary<string, VectorIndex>(StringComparer.Ordinal);
        foreach (var file in files.Files.Where(file => NameOf(file.Path) == Index)) await ReadIndexAsync(files, file, indices, tally, stop);
        if (files is ArchiveFiles left) tally.SkipAll(left.Skipped);
        ImportTarget? target = null;
        var trials = 0;
        foreach (var file in files.Files.Where(IsSet))
        {
            if (files is ArchiveFiles archive) await archive.StageAsync([file.Path], stop);
            var source = await files.OpenAsync(file.Path, stop);
            using var _ = source as IDisposable;
            IReadOnlyList<VectorSet> sets;
            try
            {
                var header = await ImportedStates.HeaderAsync(source, stop, keepLists: true);
                sets = VectorSet.Of(file.Path, header, TensorContent.Of(header, source), indices.GetValueOrDefault(FolderOf(file.Path)) ?? (indices.Count == 1 ? indices.Values.First() : null));
                if (sets.Count == 0) continue;
            }
            catch (Exception problem) when (ImportedStates.IsTheirs(problem))
            {
                tally.Skip($"'{file.Path}' was left out: {problem.Message}.{(problem.Message.Contains("names code", StringComparison.Ordinal) ? " Import the raw archive of the same zoo instead, and export vectors from it." : "")}");
                continue;
            }
            target ??= await ImportTarget.BeginAsync(place, name, name, $"population: {name}\norigin: imported\nform: preprocessed\n", settings, stop);
            foreach (var set in sets)
                foreach (var member in set.Samples.GroupBy(sample => sample.Member))
                {
                    trials++;
                    await AddAsync(target, states, tally, set, member.Key, [.. member.OrderBy(sample => sample.Epoch)], stop);
                }
        }
        if (target is null) throw new PopulationException($"Nothing there can be read as models.{(tally.ToOutcome(0, settings).Skipped is [var first, ..] ? $" {first}" : "")}");
        await target.FinishAsync(stop);
        return tally.ToOutcome(trials, settings);
    }

    static async Task AddAsync(ImportTarget target, ImportedStates states, ImportTally tally, VectorSet set, string name, IReadOnlyList<VectorSample> samples, CancellationToken stop)
    {
        var id = $"{Stage}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{set.Name}\n{name}")))[..12]}";
        target.Note($"{set.Name}/{name}", id, id);
        if (await target.Place.FindAsync(PopulationLayout.Ending(id), stop) is { } ended && MemberEnding.Read(ended, PopulationLayout.Ending(id)).Epochs >= samples[^1].Epoch)
        {
            tally.Known++;
            return;
        }
        var (flags, shapes, epochs, records) = (new SortedSet<string>(StringComparer.Ordinal), "", new List<int>(), new SortedDictionary<int, EpochRecord>());
        foreach (var sample in samples)
        {
            if (epochs.Contains(sample.Epoch))
            {
                tally.Skip($"A second state of epoch {sample.Epoch} of '{name}' in '{set.Path}' was left out.");
                continue;
            }
            if (await states.KeepAsync($"{name}@{sample.Epoch}", sample.Tensors, flags, stop) is not { } state) continue;
            await target.WriteStateAsync(id, sample.Epoch, state, null, stop);
            tally.Checkpoints++;
            shapes = state.Shapes;
            epochs.Add(sample.Epoch);
            records[sample.Epoch] = new(sample.Epoch, Find(sample, "train_loss"), Find(sample, "train_acc"), [], null, null, sample.Properties);
        }
        if (epochs.Count == 0) flags.Add("no states");
        if (ImportTarget.HasGaps(epochs)) flags.Add("missing epochs");
        var words = samples[0].Words;
        var card = new MemberCard
        {
            Id = id, Stage = Stage, Factors = [.. words.Select(word => new MemberFactor(word.Name, ImportTarget.Parsed(word.Value)))], RootId = id, Split = set.Split ?? target.SplitOf(id, id), Epochs = epochs.Count > 0 ? epochs[^1] : null,
            Requested = new JsonObject { ["name"] = name }, Remarks = [$"imported from {set.Path}: {name}", .. set.Split is null ? (string[])[] : [$"the split is the source's, '{set.Name}'"]], Flags = [.. flags],
        };
        await target.EndAsync(card, records.Values, new(MemberStatus.Done, epochs.Count > 0 ? epochs[^1] : null, null), shapes, stop);
        tally.Members++;
    }

    static double? Find(VectorSample sample, string name) => sample.Properties.TryGetValue(name, out var value) ? value : null;

    static async Task ReadIndexAsync(IModelFiles files, ModelFile file, Dictionary<string, VectorIndex> indices, ImportTally tally, CancellationToken stop)
    {
        if (file.SizeBytes > MaxIndexBytes)
        {
            tally.Skip($"'{file.Path}' was left out: it has {file.SizeBytes} bytes.");
            return;
        }
        var source = await files.OpenAsync(file.Path, stop);
        using var _ = source as IDisposable;
        var bytes = new byte[file.SizeBytes];
        for (int done = 0, read; done < bytes.Length && (read = await source.ReadAsync(done, bytes.AsMemory(done), stop)) > 0;) done += read;
        try
        {
            indices[FolderOf(file.Path)] = VectorIndex.Parse(bytes, file.Path);
        }
        catch (PopulationException problem)
        {
            tally.Skip(problem.Message);
        }
    }

    static bool IsSet(ModelFile file) => s_endings.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal)) && file.SizeBytes > 0;

    static string NameOf(string path) => RayZoo.NameOf(path);

    static string FolderOf(string path) => path.LastIndexOf('/') is var at and >= 0 ? path[..at] : "";
}
