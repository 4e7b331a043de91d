using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>What came of an import.</summary>
/// <param name="Known">Members that were there already.</param>
/// <param name="Skipped">What was left out, and why.</param>
public sealed record RayImportOutcome(int Trials, int Members, int Known, int Checkpoints, int Edges, IReadOnlyList<string> Skipped);

/// <summary>
/// Takes a published zoo in Ray Tune's layout into a population. States are read as data: what a pickle would run is refused by name. Identities come from
/// content, so doing it again adds nothing.
/// </summary>
public sealed class RayImport
{
    readonly IModelFiles _files;
    readonly IPopulationPlace _place;
    readonly RayZoo _zoo;
    readonly List<string> _skipped = [];
    readonly ImportedStates _states;
    readonly Dictionary<string, (MemberCard Card, string Shapes)> _cards = new(StringComparer.Ordinal);
    readonly Dictionary<string, (string Id, string Root)> _ids = new(StringComparer.Ordinal);
    int _members, _known, _checkpoints, _edges;

    RayImport(IModelFiles files, IPopulationPlace place, RayZoo zoo) => (_files, _place, _zoo, _states) = (files, place, zoo, new ImportedStates(files, _skipped));

    /// <exception cref="PopulationException">Nothing there is a trial, or the place holds a population that was made.</exception>
    public static async Task<RayImportOutcome> RunAsync(IModelFiles files, string name, IPopulationPlace place, CancellationToken stop)
    {
        if (await place.FindAsync(PopulationLayout.Record, stop) is { } record && PopulationRecord.Read(record).Origin != "imported") throw new PopulationException("There is a population that was made here; import into another folder.");
        var zoo = await RayZoo.ReadAsync(files, stop);
        if (zoo.Trials.Count == 0) throw new PopulationException($"No trial is there: a folder with params.json or config.json beside checkpoints or result.json.{(files.Files.Any(file => IsPreprocessed(file.Path)) ? $" {Preprocessed}" : "")}");
        var import = new RayImport(files, place, zoo);
        // The record first: members of a torn import belong to it.
        await place.WriteAsync([new(PopulationLayout.Blueprint, Encoding.UTF8.GetBytes(import.Reconstruct(name))), new(PopulationLayout.Record, new PopulationRecord(name, null, null, null, 1, "imported", []).ToJson())], stop);
        foreach (var file in files.Files.Where(file => IsPreprocessed(file.Path))) import._skipped.Add($"'{file.Path}' was left out. {Preprocessed}");
        if (files is ArchiveFiles archive) import._skipped.AddRange(archive.Skipped);
        foreach (var trial in import.InOrder()) await import.AddAsync(trial, stop);
        await import.FlagShapesAsync(stop);
        return new(zoo.Trials.Count, import._members, import._known, import._checkpoints, import._edges, [.. import._skipped, .. zoo.Trials.SelectMany(trial => trial.Warnings)]);
    }

    /// <summary>Parents before children; what goes in a circle comes last, without its parent.</summary>
    IEnumerable<RayTrial> InOrder()
    {
        var left = _zoo.Trials.ToList();
        while (left.Count > 0)
        {
            var ready = left.Where(trial => trial.Parent is not { } parent || !left.Exists(other => other.Folder == parent.Folder)).ToList();
            if (ready.Count == 0) ready = [.. left];
            // An archive is read from its beginning to its end, once for each generation.
            if (_files is ArchiveFiles archive) ready = [.. ready.OrderBy(trial => trial.Checkpoints.Count > 0 ? trial.Checkpoints.Values.Min(archive.OrderOf) : 0)];
            foreach (var trial in ready) yield return trial;
            left = [.. left.Except(ready)];
        }
    }

    async Task AddAsync(RayTrial trial, CancellationToken stop)
    {
        var parent = trial.Parent is { } from && _ids.TryGetValue(from.Folder, out var known) ? known : ((string Id, string Root)?)null;
        var stage = trial.Parent is not null || trial.Folder.StartsWith("finetun", StringComparison.Ordinal) ? "finetune" : "pretrain";
        var id = $"{stage}-{Hash(trial, parent?.Id)[..12]}";
        if (!_ids.TryAdd(trial.Folder, (id, parent?.Root ?? id))) return;
        if (parent is not null) _edges++;
        if (await _place.FindAsync(PopulationLayout.Ending(id), stop) is not null)
        {
            _known++;
            return;
        }
        var flags = new SortedSet<string>(StringComparer.Ordinal);
        if (_files is ArchiveFiles archive) await archive.StageAsync([.. trial.Checkpoints.Values], stop);
        var shapes = "";
        foreach (var (epoch, path) in trial.Checkpoints)
            if (await _states.ReadAsync(path, flags, text => shapes = text, stop) is { } state)
            {
                await _place.WriteAsync([new(PopulationLayout.Checkpoint(id, epoch), state)], stop);
                _checkpoints++;
            }
        if (trial.Checkpoints.Count > 1 && trial.Checkpoints.Keys.Max() - trial.Checkpoints.Keys.Min() + 1 != trial.Checkpoints.Count) flags.Add("missing epochs");
        var lines = trial.Results.OrderBy(pair => pair.Key).Select(pair => new EpochRecord(pair.Key, Find(pair.Value, "train_loss"), Find(pair.Value, "train_acc"), [], null, null, pair.Value).ToLine());
        var card = Card(trial, id, stage, parent, flags);
        if (shapes.Length > 0) _cards[id] = (card, shapes);
        await _place.WriteAsync(
        [
            new(PopulationLayout.Card(id), card.ToJson()), new(PopulationLayout.Metrics(id), Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")))),
            new(PopulationLayout.Ending(id), new MemberEnding(trial.HasFailed ? MemberStatus.Failed : MemberStatus.Done, trial.Checkpoints.Count > 0 ? trial.Checkpoints.Keys.Max() : null, trial.HasFailed ? "The trial left an error." : null).ToJson()),
        ], stop);
        _members++;
    }

    /// <summary>Members whose tensors are not those of most of their stage are kept and flagged.</summary>
    async Task FlagShapesAsync(CancellationToken stop)
    {
        foreach (var stage in _cards.Values.GroupBy(pair => pair.Card.Stage))
        {
            var usual = stage.GroupBy(pair => pair.Shapes).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).First().Key;
            foreach (var (card, _) in stage.Where(pair => pair.Shapes != usual))
                await _place.WriteAsync([new(PopulationLayout.Card(card.Id), (card with { Flags = [.. card.Flags, "shapes differ from most of the stage"] }).ToJson())], stop);
        }
    }

    const string Preprocessed = "A preprocessed data set is a Python object of a class of its own, which cannot be read without running code; import the raw archive of the same zoo, and export tokens or flat vectors from it.";

    static bool IsPreprocessed(string path) => Path.GetFileName(path) is var name && name.StartsWith("dataset", StringComparison.Ordinal) && name.EndsWith(".pt", StringComparison.Ordinal);

    static double? Find(IReadOnlyDictionary<string, double> metrics, string name) => metrics.TryGetValue(name, out var value) ? value : null;

    MemberCard Card(RayTrial trial, string id, string stage, (string Id, string Root)? parent, IEnumerable<string> flags) => new()
    {
        Id = id,
        Stage = stage,
        Seed = Whole(trial, "seed"),
        HeadSeed = Whole(trial, "model::head::seed"),
        Factors = [.. _zoo.Factors.Where(trial.Config.ContainsKey).Where(name => !name.StartsWith("pretraining::model", StringComparison.Ordinal)).Select(name => new MemberFactor(name, trial.Config[name].Plain()))],
        ParentId = parent?.Id,
        ParentEpoch = parent is null ? null : trial.Parent!.Value.Epoch,
        RootId = parent?.Root ?? id,
        Split = Fnv1a64.Hash(id) % 100 is var bucket && bucket < 70 ? "train" : bucket < 85 ? "val" : "test",
        Dataset = trial.Config.TryGetValue("dataset::name", out var dataset) ? MemberCard.Show(dataset.Plain()) : null,
        Epochs = trial.Checkpoints.Count > 0 ? trial.Checkpoints.Keys.Max() : null,
        Requested = new JsonObject(trial.Config.Select(pair => KeyValuePair.Create(pair.Key, JsonNode.Parse(pair.Value.GetRawText())))),
        Remarks = [$"imported from {trial.Folder}"],
        Flags = [.. flags],
    };

    static long? Whole(RayTrial trial, string key) => trial.Config.TryGetValue(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    static string Hash(RayTrial trial, string? parent)
    {
        var text = new StringBuilder(trial.Folder).Append('\n').Append(parent).Append('\n');
        foreach (var (key, value) in trial.Config.OrderBy(pair => pair.Key, StringComparer.Ordinal)) text.Append(key).Append('=').Append(value.GetRawText()).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>What a blueprint of the zoo would say: constants and the values of its factors, verbatim.</summary>
    string Reconstruct(string name)
    {
        var text = new StringBuilder($"# Reconstructed from an import: keys are the zoo's own.\npopulation: {name}\norigin: imported\nconstants:\n");
        foreach (var (key, value) in _zoo.Constants) text.Append($"  {JsonSerializer.Serialize(key)}: {value.GetRawText().ReplaceLineEndings(" ")}\n");
        text.Append("factors:\n");
        foreach (var key in _zoo.Factors.Where(key => !key.StartsWith("pretraining::model", StringComparison.Ordinal)))
            text.Append($"  {JsonSerializer.Serialize(key)}: [{string.Join(", ", _zoo.Trials.Where(trial => trial.Config.ContainsKey(key)).Select(trial => trial.Config[key].GetRawText().ReplaceLineEndings(" ")).Distinct().Take(1000))}]\n");
        return text.ToString();
    }
}
