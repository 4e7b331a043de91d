using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;

namespace ModelZoo.Learning.Populations;

/// <summary>What population.json says: which population this is, and on which data it was trained, by content.</summary>
/// <param name="Revision">Of the blueprint, from 1.</param>
/// <param name="Origin"><c>made</c> here, or <c>imported</c>.</param>
public sealed record PopulationRecord(string Population, string? Title, string? Licence, string? Description, int Revision, string Origin, JsonObject Datasets)
{
    public byte[] ToJson() => JsonText.Page(new JsonObject
    {
        ["population"] = Population, ["title"] = Title, ["licence"] = Licence, ["description"] = Description, ["revision"] = Revision, ["origin"] = Origin, ["program"] = PopulationStore.Code, ["datasets"] = Datasets.DeepClone(),
    });

    public static PopulationRecord Read(ReadOnlyMemory<byte> content)
    {
        var json = JsonText.Read(content, PopulationLayout.Record);
        return new(json.FindText("population") ?? throw new PopulationException($"'{PopulationLayout.Record}' names no population."), json.FindText("title"), json.FindText("licence"), json.FindText("description"),
            (int)Math.Clamp(json.FindWhole("revision") ?? 1, 1, 1_000_000), json.FindText("origin") ?? "made",
            json.FindObject("datasets") is { } datasets ? JsonNode.Parse(datasets.GetRawText())!.AsObject() : []);
    }

    /// <summary>What the record tells of a data set that a blueprint names: enough to expand the blueprint where the data does not lie. Null when it tells nothing.</summary>
    public DatasetFacts? FindFacts(BlueprintDataset set)
    {
        if ((Datasets[set.Name] as JsonObject)?["splits"] is not JsonObject splits || splits["train"] is not JsonObject train) return null;
        return Whole(train, "classes") is { } classes and > 0 && Whole(train, "n") is { } count and > 0 ? new(classes, count, Whole(train, "side"), Whole(train, "channels") ?? 1) : null;

        static int? Whole(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue(out int number) ? number : null;
    }

    /// <summary>Data sets whose pixels are others than those that this population was made of, as they are described now.</summary>
    public IReadOnlyList<string> Changed(JsonObject described) =>
        [.. Datasets.Where(set => set.Value is JsonObject && described[set.Key] is JsonObject now && !Digests(set.Value).SequenceEqual(Digests(now))).Select(set => set.Key)];

    static IEnumerable<string> Digests(JsonNode? set) =>
        set?["splits"] is JsonObject splits ? splits.Select(split => $"{split.Key} {(split.Value as JsonObject)?["sha256"]}").Order(StringComparer.Ordinal) : [];

    /// <summary>The splits of each data set with the SHA-256 of their pixels: what the data is, whatever it is called.</summary>
    public static JsonObject Describe(IEnumerable<(BlueprintDataset Set, ImageSplits Splits)> datasets)
    {
        var described = new JsonObject();
        foreach (var (set, splits) in datasets)
        {
            var parts = new JsonObject();
            foreach (var part in splits.Others.Prepend(splits.Train))
            {
                var told = new JsonObject { ["n"] = part.Count, ["classes"] = part.Classes, ["side"] = part.Side };
                if (part.Channels != 1) told["channels"] = part.Channels;
                told["sha256"] = part.PixelDigest;
                parts[part == splits.Train ? "train" : part.Name] = told;
            }
            described[set.Name] = new JsonObject { ["id"] = set.Id, ["splits"] = parts };
        }
        return described;
    }
}

/// <summary>What shall happen to a place that may hold a population already.</summary>
public enum PopulationStart { New, Resume, Extend }

/// <summary>Begins, resumes or extends a population: its record and the revisions of its blueprint.</summary>
public static class PopulationRevisions
{
    /// <returns>How many members are new with this revision.</returns>
    /// <exception cref="PopulationException">Another population is there, or none.</exception>
    /// <exception cref="RecipeException">The blueprint gives up members that exist.</exception>
    public static async Task<int> BeginAsync(IPopulationPlace place, PopulationStart start, string text, Blueprint blueprint, IReadOnlyList<Member> members, JsonObject datasets, CancellationToken stop)
    {
        if (await place.FindAsync(PopulationLayout.Record, stop) is not { } content)
        {
            if (start == PopulationStart.Extend) throw new PopulationException("There is no population to extend; `zoo population generate` makes one.");
            await WriteAsync(1);
            return members.Count;
        }
        var record = PopulationRecord.Read(content);
        if (start == PopulationStart.New) throw new PopulationException($"There is a population already ('{record.Population}'): --resume goes on with it, `zoo population extend` adds members to it.");
        if (record.Origin != "made") throw new PopulationException($"'{record.Population}' was imported; only populations made here are trained further.");
        if (record.Population != blueprint.Population) throw new PopulationException($"The population there is called '{record.Population}', the blueprint's '{blueprint.Population}'.");
        if (record.Changed(datasets) is [var changed, ..])
            throw new PopulationException($"The data set '{changed}' is not what the population was made of: its pixels have other digests than '{PopulationLayout.Record}' says. Name the revision that holds the old ones.");
        var old = await place.FindAsync(PopulationLayout.Revision(record.Revision), stop) ?? throw new PopulationException($"'{PopulationLayout.Revision(record.Revision)}' is missing.");
        var oldText = Encoding.UTF8.GetString(old);
        if (oldText == text) return 0;
        var revision = BlueprintRevision.Compare(Blueprint.Parse(oldText).Expand(record.FindFacts), members);
        revision.RequireExtension();
        if (revision.Added.Count > 0 && start == PopulationStart.Resume)
            throw new PopulationException($"The blueprint adds {revision.Added.Count} members, such as {revision.Added[0].Label}; `zoo population extend` adds them.");
        await WriteAsync(record.Revision + 1);
        return revision.Added.Count;

        ValueTask WriteAsync(int number)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            var record = new PopulationRecord(blueprint.Population, blueprint.Title, blueprint.Licence, blueprint.Description, number, "made", datasets);
            // The record comes last: it says which revision counts.
            return place.WriteAsync([new(PopulationLayout.Revision(number), bytes), new(PopulationLayout.Blueprint, bytes), new(PopulationLayout.Record, record.ToJson())], stop);
        }
    }
}
