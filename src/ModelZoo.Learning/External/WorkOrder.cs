using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.External;

/// <summary>A split that a trainer reads or measures on.</summary>
/// <param name="Path">From the member's folder; null for data that lies elsewhere, which the trainer finds by the data set's id.</param>
/// <param name="Digest">SHA-256 of its pixels.</param>
public sealed record WorkSplit(string Name, string? Path, int? Count, int? Classes, int? Side, string? Digest);

/// <summary>The state that a member starts from: the file's path from the member's folder.</summary>
public sealed record WorkParent(string Member, int Epoch, string Path);

/// <summary>What a trainer is asked for: one member, everything said that makes it what it is. The file member.json of its folder.</summary>
public sealed record WorkOrder
{
    const int MaxEpochs = 100_000;

    public required string Population { get; init; }

    public required MemberCard Member { get; init; }

    /// <summary>All settings, those left at their default too.</summary>
    public required Settings Settings { get; init; }

    public required int Epochs { get; init; }

    /// <summary>Epochs whose weights must be written.</summary>
    public required IReadOnlyList<int> Checkpoints { get; init; }

    /// <summary>Splits to measure on, every so many epochs.</summary>
    public required IReadOnlyList<string> EvaluatedOn { get; init; }

    public required int EvaluateEvery { get; init; }

    public required IReadOnlyList<WorkSplit> Splits { get; init; }

    public WorkParent? Parent { get; init; }

    /// <summary>Whether <see cref="WorkLayout.Start"/> lies in the folder.</summary>
    public bool HasStart { get; init; }

    public static WorkOrder Of(Blueprint blueprint, Member member, IReadOnlyList<WorkSplit> splits, WorkParent? parent, bool hasStart) => new()
    {
        Population = blueprint.Population,
        Member = MemberCard.Of(member, blueprint.Split),
        Settings = member.Effective,
        Epochs = member.Epochs,
        Checkpoints = blueprint.Checkpoints.EpochsOf(member.Epochs),
        EvaluatedOn = blueprint.Evaluate.On,
        EvaluateEvery = blueprint.Evaluate.Every,
        Splits = splits,
        Parent = parent,
        HasStart = hasStart,
    };

    public byte[] ToJson()
    {
        var card = JsonNode.Parse(Member.ToJson())!.AsObject();
        var json = new JsonObject { ["contract"] = WorkLayout.Contract, ["population"] = Population, ["member"] = Member.Id };
        foreach (var name in (string[])["stage", "index", "seed", "head_seed", "factors", "root", "architecture", "head"]) json[name] = card[name]?.DeepClone();
        json["tensors"] = new JsonArray([.. ParameterLayout.Of(Member.Architecture!, Member.Head!).Tensors.Select(tensor => (JsonNode)new JsonObject { ["name"] = tensor.Name, ["shape"] = new JsonArray([.. tensor.Shape.Select(axis => (JsonNode)axis)]) })]);
        json["settings"] = SettingsJson();
        (json["epochs"], json["checkpoints"]) = (Epochs, new JsonArray([.. Checkpoints.Select(epoch => (JsonNode)epoch)]));
        json["evaluate"] = new JsonObject { ["on"] = new JsonArray([.. EvaluatedOn.Select(split => (JsonNode)split)]), ["every"] = EvaluateEvery };
        var splits = new JsonObject();
        foreach (var split in Splits) splits[split.Name] = new JsonObject { ["path"] = split.Path, ["n"] = split.Count, ["classes"] = split.Classes, ["side"] = split.Side, ["sha256"] = split.Digest };
        json["dataset"] = new JsonObject { ["name"] = Member.Dataset, ["id"] = Member.DatasetId, ["splits"] = splits };
        json["parent"] = Parent is null ? null : new JsonObject { ["member"] = Parent.Member, ["epoch"] = Parent.Epoch, ["path"] = Parent.Path };
        json["start"] = HasStart ? WorkLayout.Start : null;
        json["write"] = new JsonObject { ["state"] = "epoch-{epoch:06d}.safetensors", ["metrics"] = WorkLayout.Metrics, ["resume"] = WorkLayout.Resume };
        return JsonText.Page(json);
    }

    JsonObject SettingsJson()
    {
        var all = new Settings();
        foreach (var (path, rule) in SettingSchema.Rules)
            if (path.Contains('.', StringComparison.Ordinal) && Settings[path] is { } value) all.Set(path, value);
        return JsonText.Of(all.ToMap())!.AsObject();
    }

    /// <exception cref="TrainerException">The file is no order that this version understands.</exception>
    public static WorkOrder Read(ReadOnlyMemory<byte> content)
    {
        JsonElement json;
        MemberCard card;
        try
        {
            json = JsonText.Read(content, WorkLayout.Order);
            if (json.FindWhole("contract") != WorkLayout.Contract) throw new TrainerException($"'{WorkLayout.Order}' follows another version of the contract than {WorkLayout.Contract}.");
            var text = JsonNode.Parse(content.Span)!.AsObject();
            (text["id"], text["dataset"], text["dataset_id"], text["parent"]) = (text["member"]?.DeepClone(), null, null, null);
            card = MemberCard.Read(JsonText.Page(text), WorkLayout.Order);
        }
        catch (PopulationException problem)
        {
            throw new TrainerException(problem.Message);
        }
        if (card.Architecture is null || card.Head is null || card.Seed is null || card.HeadSeed is null) throw Bad("architecture, head, seed or head_seed");
        var (dataset, evaluate, parent) = (json.FindObject("dataset"), json.FindObject("evaluate"), json.FindObject("parent"));
        return new()
        {
            Population = json.FindText("population") ?? throw Bad("population"),
            Member = card with { Dataset = dataset?.FindText("name"), DatasetId = dataset?.FindText("id") },
            Settings = ReadSettings(json.FindObject("settings") ?? throw Bad("settings")),
            Epochs = json.FindWhole("epochs") is >= 1 and <= MaxEpochs and var epochs ? (int)epochs : throw Bad("epochs"),
            Checkpoints = Wholes(json, "checkpoints"),
            EvaluatedOn = evaluate is { } on && on.TryGetProperty("on", out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(split => split.GetString() ?? throw Bad("evaluate.on"))] : [],
            EvaluateEvery = evaluate?.FindWhole("every") is >= 1 and <= MaxEpochs and var every ? (int)every : 1,
            Splits = dataset?.FindObject("splits") is { } splits ? [.. splits.EnumerateObject().Where(split => split.Value.ValueKind == JsonValueKind.Object).Select(split => new WorkSplit(split.Name, split.Value.FindText("path"), Whole(split.Value, "n"), Whole(split.Value, "classes"), Whole(split.Value, "side"), split.Value.FindText("sha256")))] : [],
            Parent = parent is { } from ? new(from.FindText("member") ?? throw Bad("parent"), Whole(from, "epoch") ?? throw Bad("parent.epoch"), from.FindText("path") ?? throw Bad("parent.path")) : null,
            HasStart = json.FindText("start") is not null,
        };
    }

    static Settings ReadSettings(JsonElement json)
    {
        var settings = new Settings();
        foreach (var section in json.EnumerateObject().Where(section => section.Value.ValueKind == JsonValueKind.Object))
            foreach (var setting in section.Value.EnumerateObject())
            {
                var path = $"{section.Name}.{setting.Name}";
                if (!SettingSchema.Rules.TryGetValue(path, out var rule)) throw Bad($"settings.{path}: this version does not know it");
                settings.Set(path, Value(rule.Kind, setting.Value) ?? throw Bad($"settings.{path}"));
            }
        return settings;
    }

    static object? Value(SettingKind kind, JsonElement value) => (kind, value.ValueKind) switch
    {
        (SettingKind.Real, JsonValueKind.Number) => value.GetDouble(),
        (SettingKind.Whole or SettingKind.WholeOrWord, JsonValueKind.Number) => value.TryGetInt64(out var whole) ? whole : null,
        (SettingKind.Word or SettingKind.WholeOrWord, JsonValueKind.String) => value.GetString(),
        (SettingKind.Flag, JsonValueKind.True or JsonValueKind.False) => value.GetBoolean(),
        (SettingKind.Texts, JsonValueKind.Array) => value.EnumerateArray().Select(item => (object)(item.GetString() ?? "")).ToArray(),
        (SettingKind.Wholes, JsonValueKind.Array) => value.EnumerateArray().Select(item => (object)item.GetInt64()).ToArray(),
        _ => null,
    };

    static int[] Wholes(JsonElement json, string name) => json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(item => item.TryGetInt32(out var whole) ? whole : throw Bad(name))] : throw Bad(name);

    static int? Whole(JsonElement json, string name) => json.FindWhole(name) is >= 0 and <= int.MaxValue and var whole ? (int)whole : null;

    static TrainerException Bad(string name) => new($"'{WorkLayout.Order}' says nothing sensible for {name}.");
}
