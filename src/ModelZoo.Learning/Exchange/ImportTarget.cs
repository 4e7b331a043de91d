using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// The imported population that an import writes to. It may hold members of earlier imports: a zoo grows, and sparsified twins come in an archive of their own
/// beside the dense models that they began from.
/// </summary>
sealed class ImportTarget
{
    readonly IPopulationPlace _place;
    readonly ImportSettings _settings;
    readonly Dictionary<string, (string Id, string Root)> _sources = new(StringComparer.Ordinal);
    readonly Dictionary<string, (MemberCard Card, byte[] Ending, string Shapes)> _cards = new(StringComparer.Ordinal);

    ImportTarget(IPopulationPlace place, ImportSettings settings) => (_place, _settings) = (place, settings);

    public IPopulationPlace Place => _place;

    /// <param name="source">What the blueprint's part is headed by; a later import of the same replaces it.</param>
    /// <param name="blueprint">The part that this source adds, without its heading.</param>
    /// <exception cref="PopulationException">The place holds a population that was made.</exception>
    public static async Task<ImportTarget> BeginAsync(IPopulationPlace place, string name, string source, string blueprint, ImportSettings settings, CancellationToken stop)
    {
        var record = await place.FindAsync(PopulationLayout.Record, stop) is { } content ? PopulationRecord.Read(content) : null;
        if (record is not null && record.Origin != "imported") throw new PopulationException("There is a population that was made here; import into another folder.");
        var target = new ImportTarget(place, settings);
        if (await place.FindAsync(PopulationLayout.Sources, stop) is { } known) target.ReadSources(known);
        var heading = $"# Reconstructed from an import of {JsonSerializer.Serialize(source)}: keys are the source's own.";
        var parts = await place.FindAsync(PopulationLayout.Blueprint, stop) is { } old ? Encoding.UTF8.GetString(old).Split("\n---\n").Where(part => !part.StartsWith(heading, StringComparison.Ordinal)).ToList() : [];
        var text = string.Join("\n---\n", parts.Append($"{heading}\n{blueprint}").Select(part => part.TrimEnd('\n'))) + "\n";
        // The record first: members of a torn import belong to it.
        await place.WriteAsync([new(PopulationLayout.Blueprint, Encoding.UTF8.GetBytes(text)), new(PopulationLayout.Record, (record ?? new(name, null, null, null, 1, "imported", [])) is var begun && settings.Licence is { } licence ? (begun with { Licence = licence }).ToJson() : begun.ToJson())], stop);
        return target;
    }

    /// <summary>The member that a folder of any source became, by the end of the folder's path; null when none or several did.</summary>
    public (string Id, string Root)? Find(string name) =>
        _sources.TryGetValue(name, out var exact) ? exact : _sources.Where(pair => pair.Key.EndsWith("/" + name, StringComparison.Ordinal)).Select(pair => pair.Value).Distinct().ToList() is [var only] ? only : null;

    public void Note(string source, string id, string root) => _sources[source] = (id, root);

    /// <summary>train, val or test, as populations made here divide.</summary>
    public string SplitOf(string id, string root) => Fnv1a64.Hash(_settings.SplitsByLineage ? root : id) % 100 is var bucket && bucket < 70 ? "train" : bucket < 85 ? "val" : "test";

    /// <summary>Keeps a member's state with what came beside it. The weights come last: they say that the state is there.</summary>
    public async Task WriteStateAsync(string id, int epoch, ImportedState state, byte[]? optimizer, CancellationToken stop)
    {
        var files = new List<PopulationFile>();
        if ((state.Optimizer ?? optimizer) is { } moments) files.Add(new(PopulationLayout.Moments(id, epoch), moments));
        if (state.Average is { } average) files.Add(new(PopulationLayout.Average(id, epoch), average));
        await _place.WriteAsync([.. files, new(PopulationLayout.Checkpoint(id, epoch), state.Weights)], stop);
    }

    /// <summary>Ends a member: card, what was measured, how it ended.</summary>
    /// <param name="shapes">Of its last state; empty when it has none.</param>
    public async Task EndAsync(MemberCard card, IEnumerable<EpochRecord> records, MemberEnding ending, string shapes, CancellationToken stop)
    {
        var ended = ending.ToJson();
        if (shapes.Length > 0) _cards[card.Id] = (card, ended, shapes);
        await _place.WriteAsync(
        [
            new(PopulationLayout.Card(card.Id), card.ToJson()), new(PopulationLayout.Metrics(card.Id), Encoding.UTF8.GetBytes(string.Concat(records.Select(record => record.ToLine() + "\n")))), new(PopulationLayout.Ending(card.Id), ended),
        ], stop);
    }

    /// <summary>Flags members whose tensors are not those of most of their stage, and keeps which folder became which member.</summary>
    public async Task FinishAsync(CancellationToken stop)
    {
        foreach (var stage in _cards.Values.GroupBy(pair => pair.Card.Stage))
        {
            var usual = stage.GroupBy(pair => pair.Shapes).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).First().Key;
            // Where the architecture is known, another shape is another head, and no scar. With the ending, so that a place that sends members when they end sends them again.
            foreach (var (card, ending, _) in stage.Where(pair => pair.Shapes != usual && pair.Card.Architecture is null))
                await _place.WriteAsync([new(PopulationLayout.Card(card.Id), (card with { Flags = [.. card.Flags.Append("shapes differ from most of the stage").Distinct()] }).ToJson()), new(PopulationLayout.Ending(card.Id), ending)], stop);
        }
        var sources = new JsonObject(_sources.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)new JsonObject { ["member"] = pair.Value.Id, ["root"] = pair.Value.Root })));
        var content = JsonText.Page(sources);
        if (await _place.FindAsync(PopulationLayout.Sources, stop) is not { } old || !old.AsSpan().SequenceEqual(content)) await _place.WriteAsync([new(PopulationLayout.Sources, content)], stop);
    }

    /// <summary>A value as a factor: a number also where the source wrote it as a text, <c>"0.001"</c>.</summary>
    public static object? Parsed(object? value) => value is not string text ? value
        : text is ['\u0001', .. var word] ? word
        : long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var whole) ? whole
        : text.Length > 0 && (char.IsAsciiDigit(text[^1]) || text[^1] == '.') && double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : text;

    /// <summary>Whether checkpoints lack some of the steps that most of them keep between one another; any even spacing is whole.</summary>
    public static bool HasGaps(IEnumerable<int> checkpoints)
    {
        var epochs = checkpoints.Order().ToList();
        if (epochs.Count < 3) return false;
        var gaps = epochs.Zip(epochs.Skip(1), (from, to) => to - from).ToList();
        var usual = gaps.GroupBy(gap => gap).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key;
        return gaps.Exists(gap => gap > usual);
    }

    void ReadSources(byte[] content)
    {
        foreach (var property in JsonText.Read(content, PopulationLayout.Sources).EnumerateObject())
            if (property.Value.ValueKind == JsonValueKind.Object && property.Value.FindText("member") is { } id) _sources[property.Name] = (id, property.Value.FindText("root") ?? id);
    }
}
