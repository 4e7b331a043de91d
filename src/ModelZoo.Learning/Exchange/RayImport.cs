using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// Takes a published zoo in Ray Tune's layout into a population. States are read as data: what a pickle would run is refused by name. Identities come from
/// content, so doing it again adds nothing.
/// </summary>
public sealed partial class RayImport
{
    readonly IModelFiles _files;
    readonly RayZoo _zoo;
    readonly ImportSettings _settings;
    readonly ImportTally _tally = new();
    readonly ImportTarget _target;
    readonly ImportedStates _states;
    readonly Dictionary<string, (string Id, string Root)> _ids = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);
    int _index;

    RayImport(IModelFiles files, ImportTarget target, RayZoo zoo, ImportSettings settings) => (_files, _target, _zoo, _settings, _states) = (files, target, zoo, settings, new(files, settings, _tally));

    /// <summary>Imports a zoo: trials of Ray Tune, or the preprocessed form where there are none.</summary>
    /// <exception cref="PopulationException">Nothing there is a trial, or the place holds a population that was made.</exception>
    public static async Task<ImportOutcome> RunAsync(IModelFiles files, string name, IPopulationPlace place, ImportSettings settings, CancellationToken stop)
    {
        var zoo = await RayZoo.ReadAsync(files, stop);
        if (zoo.Trials.Count == 0)
            return VectorImport.IsOne(files) ? await VectorImport.RunAsync(files, name, place, settings, stop)
                : throw new PopulationException($"No trial is there: a folder with params.json or config.json beside checkpoints, result.json or progress.csv.{(files.Files.Any(file => IsPreprocessed(file.Path)) ? $" {Preprocessed}" : "")}{(zoo.Skipped.Count > 0 ? $" {zoo.Skipped[0]}" : "")}");
        var target = await ImportTarget.BeginAsync(place, name, name, Reconstruct(zoo, name), settings, stop);
        var import = new RayImport(files, target, zoo, settings);
        foreach (var file in files.Files.Where(file => IsPreprocessed(file.Path))) import._tally.Skip($"'{file.Path}' was left out. {Preprocessed}");
        if (files is ArchiveFiles archive) import._tally.SkipAll(archive.Skipped);
        import._tally.SkipAll(zoo.Skipped);
        foreach (var trial in import.InOrder()) await import.AddAsync(trial, stop);
        await target.FinishAsync(stop);
        return import._tally.ToOutcome(zoo.Trials.Count, settings);
    }

    /// <summary>Parents before children; what goes in a circle comes last, without its parent.</summary>
    IEnumerable<RayTrial> InOrder()
    {
        var left = _zoo.Trials.ToList();
        while (left.Count > 0)
        {
            var waiting = left.Select(trial => trial.Folder).ToHashSet(StringComparer.Ordinal);
            var ready = left.Where(trial => trial.Parent?.Folder is not { } parent || !waiting.Contains(parent)).ToList();
            if (ready.Count == 0) ready = left;
            var taken = ready.Select(trial => trial.Folder).ToHashSet(StringComparer.Ordinal);
            // An archive is read from its beginning to its end, once for each generation.
            if (_files is ArchiveFiles archive) ready = [.. ready.OrderBy(trial => trial.Checkpoints.Count > 0 ? trial.Checkpoints.Values.Min(archive.OrderOf) : 0)];
            foreach (var trial in ready) yield return trial;
            left = left.FindAll(trial => !taken.Contains(trial.Folder));
        }
    }

    async Task AddAsync(RayTrial trial, CancellationToken stop)
    {
        var parent = FindParent(trial);
        var kept = await FindCardAsync(trial, stop);
        var id = kept?.Id ?? $"{trial.Stage}-{Hash(trial, parent?.Id)[..12]}";
        var root = kept?.RootId ?? parent?.Root ?? id;
        if (!_folders.TryAdd(id, trial.Folder))
        {
            _tally.Skip($"'{trial.Folder}' was left out: it is the same member as '{_folders[id]}'.");
            return;
        }
        _ids[trial.Folder] = (id, root);
        _target.Note(trial.Folder, id, root);
        if ((kept is null ? parent?.Id : kept.ParentId) is not null) _tally.Edges++;
        if (await _target.Place.HasAsync(PopulationLayout.Ending(id), stop))
        {
            _tally.Known++;
            return;
        }
        var flags = new SortedSet<string>(kept?.Flags ?? [], StringComparer.Ordinal);
        if (_files is ArchiveFiles archive) await archive.StageAsync([.. trial.Checkpoints.Values, .. _settings.KeepsOptimizer ? trial.Optimizers.Values : []], stop);
        var (shapes, zeros, states) = ("", new Dictionary<int, double>(), new List<int>());
        foreach (var (epoch, path) in trial.Checkpoints.OrderBy(pair => pair.Key))
            if (await _states.ReadAsync(path, flags, stop) is { } state)
            {
                var optimizer = state.Optimizer is null && trial.Optimizers.TryGetValue(epoch, out var beside) ? await _states.ReadOptimizerAsync(beside, stop) : null;
                await _target.WriteStateAsync(id, epoch, state, optimizer, stop);
                (shapes, _tally.Checkpoints) = (state.Shapes, _tally.Checkpoints + 1);
                if (state.Zeros is { } part) zeros[epoch] = part;
                states.Add(epoch);
            }
        if (states.Count == 0) flags.Add("no states");
        if (ImportTarget.HasGaps(states)) flags.Add("missing epochs");
        if (trial.Config.Count == 0) flags.Add("settings are not known");
        var warnings = new List<string>(trial.Warnings);
        var results = await RayResults.ReadAsync(_files, trial, warnings, stop);
        if (results.Count == 0) warnings.Add($"'{trial.Folder}' has no results that can be read; the member has no metrics.");
        _tally.SkipAll(warnings);
        foreach (var (epoch, part) in zeros) results[epoch] = new Dictionary<string, double>(results.GetValueOrDefault(epoch) ?? new Dictionary<string, double>()) { ["zero_weights"] = part };
        var last = states.Count > 0 ? states[^1] : (int?)null;
        var card = kept is null ? Card(trial, id, parent, last, flags) : kept with { Flags = [.. flags], Split = _settings.SplitsByLineage ? _target.SplitOf(id, root) : kept.Split };
        var ending = new MemberEnding(trial.HasFailed ? MemberStatus.Failed : MemberStatus.Done, last, trial.HasFailed ? "The trial left an error." : null);
        await _target.EndAsync(card, results.Select(pair => Record(pair.Key, pair.Value, kept?.DatasetId)), ending, shapes, stop);
        _tally.Members++;
    }

    /// <summary>The parent as a member: of this source, or of one that was imported before.</summary>
    (string Id, string Root)? FindParent(RayTrial trial) => trial.Parent is not { } parent ? null
        : parent.Folder is { } folder ? _ids.TryGetValue(folder, out var known) ? known : null
        : _target.Find(parent.Name) is { } earlier ? earlier : null;

    /// <summary>What our own export kept beside a trial; null where there is none, or it is not to be trusted with a path.</summary>
    async Task<MemberCard?> FindCardAsync(RayTrial trial, CancellationToken stop)
    {
        if (trial.Card is not { } path) return null;
        try
        {
            var source = await _files.OpenAsync(path, stop);
            using var _ = source as IDisposable;
            if (source.Length > 1 << 20) throw new PopulationException($"'{path}' is too long.");
            var bytes = new byte[source.Length];
            for (int done = 0, read; done < bytes.Length && (read = await source.ReadAsync(done, bytes.AsMemory(done), stop)) > 0;) done += read;
            var card = MemberCard.Read(bytes, path);
            return Identity().IsMatch(card.Id) && (card.ParentId is null || Identity().IsMatch(card.ParentId)) && card.Split is "train" or "val" or "test" ? card : throw new PopulationException($"'{path}' tells of no member.");
        }
        catch (PopulationException problem)
        {
            _tally.Skip($"'{path}' was left out: {problem.Message}");
            return null;
        }
    }

    const string Preprocessed = "A preprocessed data set is a Python object of a class of its own, which cannot be read without running code; import the raw archive of the same zoo, and export tokens or flat vectors from it.";

    static bool IsPreprocessed(string path) => Path.GetFileName(path) is var name && name.StartsWith("dataset", StringComparison.Ordinal) && name.EndsWith(".pt", StringComparison.Ordinal);

    static double? Find(IReadOnlyDictionary<string, double> metrics, string name) => metrics.TryGetValue(name, out var value) ? value : null;

    /// <summary>Scores whose counts are known are scores; all others stay numbers under the source's names.</summary>
    static EpochRecord Record(int epoch, IReadOnlyDictionary<string, double> metrics, string? dataset)
    {
        var splits = new List<SplitScore>();
        foreach (var (name, count) in metrics)
            if (name.EndsWith("_n", StringComparison.Ordinal) && name[..^2] is var split && count is >= 1 and <= int.MaxValue && Find(metrics, $"{split}_correct") is >= 0 and var correct && correct <= count)
                splits.Add(new(split, dataset, (int)count, (int)correct, Find(metrics, $"{split}_loss") ?? double.NaN));
        var others = splits.Count == 0 ? metrics : metrics.Where(pair => !splits.Exists(split => pair.Key == $"{split.Split}_n" || pair.Key == $"{split.Split}_correct" || pair.Key == $"{split.Split}_acc" || pair.Key == $"{split.Split}_loss")).ToDictionary(pair => pair.Key, pair => pair.Value);
        return new(epoch, Find(metrics, "train_loss"), Find(metrics, "train_acc"), splits, null, null, others);
    }

    MemberCard Card(RayTrial trial, string id, (string Id, string Root)? parent, int? last, IEnumerable<string> flags) => new()
    {
        Id = id,
        Stage = trial.Stage,
        Index = _index++,
        Seed = Seed(trial, "seed"),
        HeadSeed = Seed(trial, "model::head::seed"),
        Factors = [.. _zoo.Factors.Where(trial.Config.ContainsKey).Where(name => !RayZoo.IsOrigin(name)).Select(name => new MemberFactor(name, ImportTarget.Parsed(trial.Config[name].Plain())))],
        ParentId = parent?.Id,
        ParentEpoch = parent is null ? null : trial.Parent!.Epoch,
        RootId = parent?.Root ?? id,
        Split = _target.SplitOf(id, parent?.Root ?? id),
        Dataset = trial.Config.TryGetValue("dataset::name", out var dataset) ? MemberCard.Show(dataset.Plain()) : null,
        Epochs = last,
        Requested = new JsonObject(trial.Config.Select(pair => KeyValuePair.Create(pair.Key, JsonNode.Parse(Raw(pair.Value))))),
        Remarks = [$"imported from {trial.Folder}", .. parent is null && trial.Parent is { } lost ? (string[])[$"its parent '{lost.Name}'{(lost.Epoch is { } epoch ? $", epoch {epoch}," : "")} is not in the population"] : []],
        Flags = [.. flags],
    };

    static long? Seed(RayTrial trial, string key) => trial.Config.TryGetValue(key, out var value) && ImportTarget.Parsed(value.Plain()) is long seed ? seed : null;

    /// <summary>A value as it stands in the source, but for numbers that JSON has not: those are texts.</summary>
    static string Raw(JsonElement value) => value.GetRawText().Replace("\\u0001", "", StringComparison.Ordinal).ReplaceLineEndings(" ");

    static string Hash(RayTrial trial, string? parent)
    {
        var text = new StringBuilder(trial.Folder).Append('\n').Append(parent).Append('\n');
        foreach (var (key, value) in trial.Config.OrderBy(pair => pair.Key, StringComparer.Ordinal)) text.Append(key).Append('=').Append(value.GetRawText()).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>What a blueprint of the zoo would say: constants and the values of its factors, verbatim.</summary>
    static string Reconstruct(RayZoo zoo, string name)
    {
        var text = new StringBuilder($"population: {name}\norigin: imported\nconstants:\n");
        foreach (var (key, value) in zoo.Constants.Where(pair => !RayZoo.IsOrigin(pair.Key))) text.Append($"  {JsonSerializer.Serialize(key)}: {Raw(value)}\n");
        text.Append("factors:\n");
        foreach (var key in zoo.Factors.Where(key => !RayZoo.IsOrigin(key)))
            text.Append($"  {JsonSerializer.Serialize(key)}: [{string.Join(", ", zoo.Trials.Where(trial => trial.Config.ContainsKey(key)).Select(trial => Raw(trial.Config[key])).Distinct().Take(1000))}]\n");
        return text.ToString();
    }

    /// <summary>A stage and a hash, as members have them; never a way out of the folder.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]{0,80}-[0-9a-f]{12}$")]
    private static partial Regex Identity();
}
