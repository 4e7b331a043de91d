using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// Takes checkpoints into a population whose names say what they are: folders of a trainer, branches or repositories of a hub (as first folders), the files of
/// a released soup with its accuracies as JSON lines. Doing it again adds nothing.
/// </summary>
public sealed class PatternImport
{
    const int MaxLineBytes = 1 << 20;
    const int MaxResults = 1_000_000;
    const string Stage = "imported";

    readonly IModelFiles _files;
    readonly ImportTarget _target;
    readonly ImportTally _tally;
    readonly ImportedStates _states;
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> _results = new Dictionary<string, IReadOnlyDictionary<string, double>>();
    int _index;

    PatternImport(IModelFiles files, ImportTarget target, ImportTally tally, ImportSettings settings) => (_files, _target, _tally, _states) = (files, target, tally, new(files, settings, tally));

    /// <exception cref="PopulationException">No path fits, two say the same, or the place holds a population that was made.</exception>
    public static async Task<ImportOutcome> RunAsync(IModelFiles files, PathPattern pattern, string name, IPopulationPlace place, ImportSettings settings, CancellationToken stop)
    {
        var found = files.Files.Select(file => pattern.Find(file.Path, name)).OfType<MatchedPath>().ToList();
        if (found.Count == 0) throw new PopulationException($"No path fits the pattern; there are {string.Join(", ", files.Files.Take(5).Select(file => $"'{file.Path}'"))}{(files.Files.Count > 5 ? $" and {files.Files.Count - 5} more" : "")}.");
        if (found.GroupBy(each => (each.Member, each.Epoch)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new PopulationException($"'{twice.First().Path}' and '{twice.Last().Path}' are the same state by the pattern: epoch {twice.Key.Epoch} of '{twice.Key.Member}'.");
        if (found.GroupBy(each => each.Member).FirstOrDefault(group => group.Select(Identity).Distinct().Skip(1).Any()) is { } torn)
            throw new PopulationException($"By the pattern '{torn.Key}' has several seeds or factors: '{torn.First().Path}', '{torn.Last().Path}'. Leave {{member}} out, and they say who it is; or write * for what differs from state to state.");
        var text = new StringBuilder($"population: {name}\norigin: imported\nfactors:\n");
        foreach (var factor in found.SelectMany(each => each.Factors).GroupBy(factor => factor.Name)) text.Append($"  {JsonSerializer.Serialize(factor.Key)}: [{string.Join(", ", factor.Select(each => JsonSerializer.Serialize(each.Value)).Distinct().Take(1000))}]\n");
        if (found.Where(each => each.Seed is not null).Select(each => each.Seed!.Value).Distinct().Order().Take(1000).ToList() is { Count: > 0 } seeds) text.Append($"seeds: [{string.Join(", ", seeds)}]\n");
        var tally = new ImportTally();
        var target = await ImportTarget.BeginAsync(place, name, name, text.ToString(), settings, stop);
        var import = new PatternImport(files, target, tally, settings);
        if (files is ArchiveFiles archive) tally.SkipAll(archive.Skipped);
        import._results = await import.ResultsAsync(stop);
        var groups = found.GroupBy(each => each.Member).ToList();
        if (files is ArchiveFiles order) groups = [.. groups.OrderBy(group => group.Min(each => order.OrderOf(each.Path)))];
        foreach (var group in groups) await import.AddAsync(group.Key, [.. group.OrderBy(each => each.Epoch)], stop);
        await target.FinishAsync(stop);
        return tally.ToOutcome(groups.Count, settings);
    }

    async Task AddAsync(string name, IReadOnlyList<MatchedPath> states, CancellationToken stop)
    {
        var id = $"{Stage}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\n{Identity(states[0])}")))[..12]}";
        _target.Note(name, id, id);
        var last = states[^1];
        // A trainer that went on since has further states; those that are there stay.
        if (await _target.Place.FindAsync(PopulationLayout.Ending(id), stop) is { } ended && MemberEnding.Read(ended, PopulationLayout.Ending(id)).Epochs >= last.Epoch)
        {
            _tally.Known++;
            return;
        }
        if (_files is ArchiveFiles archive) await archive.StageAsync([.. states.Select(state => state.Path)], stop);
        var flags = new SortedSet<string>(await _target.Place.FindAsync(PopulationLayout.Card(id), stop) is { } old ? MemberCard.Read(old, PopulationLayout.Card(id)).Flags : [], StringComparer.Ordinal);
        var (shapes, kept, failed) = ("", new List<int>(), false);
        foreach (var state in states)
        {
            if (await _target.Place.HasAsync(PopulationLayout.Checkpoint(id, state.Epoch), stop)) kept.Add(state.Epoch);
            else if (await _states.ReadAsync(state.Path, flags, stop) is { } read)
            {
                await _target.WriteStateAsync(id, state.Epoch, read, null, stop);
                shapes = read.Shapes;
                _tally.Checkpoints++;
                kept.Add(state.Epoch);
            }
            else failed = true;
        }
        flags.Remove("no states");
        if (kept.Count == 0) flags.Add("no states");
        if (ImportTarget.HasGaps(kept)) flags.Add("missing epochs");
        else flags.Remove("missing epochs");
        var stem = Path.GetFileNameWithoutExtension(last.Path);
        var metrics = _results.GetValueOrDefault(name) ?? _results.GetValueOrDefault(stem);
        var seed = last.Seed is { } number ? (MemberFactor[])[new("seed", number)] : [];
        var card = new MemberCard
        {
            Id = id, Stage = Stage, Index = _index++, Seed = last.Seed, Factors = [.. last.Factors.Select(factor => new MemberFactor(factor.Name, ImportTarget.Parsed(factor.Value))), .. seed, new("name", name)], RootId = id,
            Split = _target.SplitOf(id, id), Epochs = last.Epoch, Requested = new JsonObject { ["name"] = name }, Remarks = [$"imported from {states[0].Path}{(failed ? "; some states could not be read" : "")}"], Flags = [.. flags],
        };
        await _target.EndAsync(card, metrics is null ? [] : [new EpochRecord(last.Epoch, null, null, [], null, null, metrics)], new(MemberStatus.Done, last.Epoch, null), shapes, stop);
        _tally.Members++;
    }

    /// <summary>What makes a member one, beside its name.</summary>
    static string Identity(MatchedPath path) => string.Join('\n', path.Factors.Select(factor => $"{factor.Name}={factor.Value}").Concat(path.Seed is { } seed ? (string[])[$"seed={seed}"] : []));

    /// <summary>Accuracies beside the files, as soups are released: a JSON object a line that names its model, further numbers are what was measured.</summary>
    async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>> ResultsAsync(CancellationToken stop)
    {
        var results = new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);
        foreach (var file in _files.Files.Where(file => file.Path.EndsWith(".jsonl", StringComparison.Ordinal) && file.SizeBytes > 0))
            await foreach (var line in BoundedLines.ReadAsync(_files, file.Path, MaxLineBytes, stop))
                try
                {
                    if (line.Text is { Length: 0 } || results.Count >= MaxResults) continue;
                    using var json = JsonDocument.Parse(RayResults.Unbare(line.Text ?? throw new JsonException("the line is too long")), new() { MaxDepth = 16 });
                    if (json.RootElement.ValueKind != JsonValueKind.Object || (json.RootElement.FindText("model_name") ?? json.RootElement.FindText("model")) is not { } model) continue;
                    results[model] = json.RootElement.EnumerateObject().Where(property => RayResults.Number(property.Value) is not null).GroupBy(property => property.Name).ToDictionary(group => group.Key, group => RayResults.Number(group.Last().Value)!.Value);
                }
                catch (JsonException)
                {
                    _tally.Skip($"Line {line.Number} of '{file.Path}' is no JSON and was left out.");
                }
        return results;
    }
}
