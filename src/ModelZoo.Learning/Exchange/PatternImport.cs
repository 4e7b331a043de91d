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

/// <summary>
/// Takes checkpoints into a population whose names say what they are: folders of a trainer, branches or repositories of a hub (as first folders), the files of
/// a released soup with its accuracies as JSON lines. Doing it again adds nothing.
/// </summary>
public sealed class PatternImport
{
    const int MaxResultsBytes = 64 << 20;
    const string Stage = "imported";

    readonly IModelFiles _files;
    readonly IPopulationPlace _place;
    readonly string _name;
    readonly List<string> _skipped = [];
    readonly ImportedStates _states;

    PatternImport(IModelFiles files, IPopulationPlace place, string name) => (_files, _place, _name, _states) = (files, place, name, new ImportedStates(files, _skipped));

    /// <exception cref="PopulationException">No path fits, two say the same, or the place holds a population that was made.</exception>
    public static async Task<RayImportOutcome> RunAsync(IModelFiles files, PathPattern pattern, string name, IPopulationPlace place, CancellationToken stop)
    {
        if (await place.FindAsync(PopulationLayout.Record, stop) is { } record && PopulationRecord.Read(record).Origin != "imported") throw new PopulationException("There is a population that was made here; import into another folder.");
        var found = files.Files.Select(file => pattern.Find(file.Path, name)).OfType<MatchedPath>().ToList();
        if (found.Count == 0) throw new PopulationException($"No path fits the pattern; there are {string.Join(", ", files.Files.Take(5).Select(file => $"'{file.Path}'"))}{(files.Files.Count > 5 ? $" and {files.Files.Count - 5} more" : "")}.");
        if (found.GroupBy(each => (each.Member, each.Epoch)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new PopulationException($"'{twice.First().Path}' and '{twice.Last().Path}' are the same state by the pattern: epoch {twice.Key.Epoch} of '{twice.Key.Member}'.");
        return await new PatternImport(files, place, name).RunAsync(found, stop);
    }

    async Task<RayImportOutcome> RunAsync(List<MatchedPath> found, CancellationToken stop)
    {
        var text = new StringBuilder($"# Reconstructed from an import by names of files.\npopulation: {_name}\norigin: imported\nfactors:\n");
        foreach (var factor in found.SelectMany(each => each.Factors).GroupBy(factor => factor.Name)) text.Append($"  {JsonSerializer.Serialize(factor.Key)}: [{string.Join(", ", factor.Select(each => JsonSerializer.Serialize(each.Value)).Distinct().Take(1000))}]\n");
        await _place.WriteAsync([new(PopulationLayout.Blueprint, Encoding.UTF8.GetBytes(text.ToString())), new(PopulationLayout.Record, new PopulationRecord(_name, null, null, null, 1, "imported", []).ToJson())], stop);
        var results = await ResultsAsync(stop);
        var (members, known, checkpoints, index) = (0, 0, 0, 0);
        var groups = found.GroupBy(each => each.Member).ToList();
        if (_files is ArchiveFiles order) groups = [.. groups.OrderBy(group => group.Min(each => order.OrderOf(each.Path)))];
        foreach (var group in groups)
        {
            var states = group.OrderBy(each => each.Epoch).ToList();
            var id = $"{Stage}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{group.Key}\n{string.Join('\n', states[0].Factors.Select(factor => $"{factor.Name}={factor.Value}"))}")))[..12]}";
            var ending = await _place.FindAsync(PopulationLayout.Ending(id), stop);
            // A trainer that went on since has further states; those that are there stay.
            if (ending is not null && MemberEnding.Read(ending, PopulationLayout.Ending(id)).Epochs >= states[^1].Epoch)
            {
                known++;
                continue;
            }
            if (_files is ArchiveFiles archive) await archive.StageAsync([.. states.Select(state => state.Path)], stop);
            var flags = new SortedSet<string>(StringComparer.Ordinal);
            var kept = 0;
            foreach (var state in states)
            {
                if (await _place.FindAsync(PopulationLayout.Checkpoint(id, state.Epoch), stop) is not null) continue;
                if (await _states.ReadAsync(state.Path, flags, null, stop) is not { } bytes) continue;
                await _place.WriteAsync([new(PopulationLayout.Checkpoint(id, state.Epoch), bytes)], stop);
                kept++;
            }
            checkpoints += kept;
            var stem = Path.GetFileNameWithoutExtension(states[^1].Path);
            var metrics = results.GetValueOrDefault(group.Key) ?? results.GetValueOrDefault(stem);
            var record = new EpochRecord(states[^1].Epoch, null, null, [], null, null, metrics);
            var card = new MemberCard
            {
                Id = id, Stage = Stage, Index = index++, Factors = [.. states[0].Factors.Select(factor => new MemberFactor(factor.Name, Value(factor.Value))), new("name", group.Key)], RootId = id,
                Split = Fnv1a64.Hash(id) % 100 is var bucket && bucket < 70 ? "train" : bucket < 85 ? "val" : "test", Epochs = states[^1].Epoch,
                Requested = new JsonObject { ["name"] = group.Key }, Remarks = [$"imported from {states[0].Path}"], Flags = [.. flags],
            };
            await _place.WriteAsync(
            [
                new(PopulationLayout.Card(id), card.ToJson()), new(PopulationLayout.Metrics(id), metrics is null ? [] : Encoding.UTF8.GetBytes(record.ToLine() + "\n")),
                new(PopulationLayout.Ending(id), new MemberEnding(MemberStatus.Done, states[^1].Epoch, null).ToJson()),
            ], stop);
            members++;
        }
        return new(groups.Count, members, known, checkpoints, 0, _skipped);
    }

    /// <summary>A number where the text is one.</summary>
    static object Value(string text) => long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : text;

    /// <summary>Accuracies beside the files, as soups are released: a JSON object a line that names its model, further numbers are what was measured.</summary>
    async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>> ResultsAsync(CancellationToken stop)
    {
        var results = new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);
        foreach (var file in _files.Files.Where(file => file.Path.EndsWith(".jsonl", StringComparison.Ordinal) && file.SizeBytes is > 0 and <= MaxResultsBytes))
        {
            var source = await _files.OpenAsync(file.Path, stop);
            using var _ = source as IDisposable;
            var bytes = new byte[file.SizeBytes];
            for (int done = 0, read; done < bytes.Length && (read = await source.ReadAsync(done, bytes.AsMemory(done), stop)) > 0;) done += read;
            foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                try
                {
                    using var json = JsonDocument.Parse(RayZoo.Unbare(line), new() { MaxDepth = 16 });
                    if (json.RootElement.ValueKind != JsonValueKind.Object || (json.RootElement.FindText("model_name") ?? json.RootElement.FindText("model")) is not { } model) continue;
                    results[model] = json.RootElement.EnumerateObject().Where(property => RayZoo.Number(property.Value) is not null).GroupBy(property => property.Name).ToDictionary(group => group.Key, group => RayZoo.Number(group.Last().Value)!.Value);
                }
                catch (JsonException)
                {
                    _skipped.Add($"A line of '{file.Path}' is no JSON and was left out.");
                }
        }
        return results;
    }
}
