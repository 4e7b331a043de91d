using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Populations;

/// <summary>What member.json says: what a member is and where it comes from. Imported members have fewer facts than those made here.</summary>
public sealed record MemberCard
{
    public required string Id { get; init; }

    public required string Stage { get; init; }

    public int Index { get; init; }

    public long? Seed { get; init; }

    /// <summary>Siblings can be averaged only where they share it.</summary>
    public long? HeadSeed { get; init; }

    public required IReadOnlyList<MemberFactor> Factors { get; init; }

    public string? ParentId { get; init; }

    /// <summary>Null for whichever was best.</summary>
    public int? ParentEpoch { get; init; }

    public required string RootId { get; init; }

    /// <summary>train, val or test: for learning from weights.</summary>
    public required string Split { get; init; }

    public string? Dataset { get; init; }

    public string? DatasetId { get; init; }

    public int? Epochs { get; init; }

    public Architecture? Architecture { get; init; }

    public HeadShape? Head { get; init; }

    /// <summary>Settings by section, as asked for and as they took effect; raw JSON.</summary>
    public JsonNode? Requested { get; init; }

    public JsonNode? Effective { get; init; }

    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Quality flags of an imported member.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public string? Factor(string name) => Factors.FirstOrDefault(factor => factor.Name == name) is { } factor ? Show(factor.Value) : null;

    public static string Show(object? value) => value as string ?? CanonicalJson.Write(value);

    public static MemberCard Of(Member member, SplitRule split) => new()
    {
        Id = member.Id,
        Stage = member.Stage,
        Index = member.Index,
        Seed = (long)member.Seed,
        HeadSeed = (long)member.HeadSeed,
        Factors = member.Factors,
        ParentId = member.Parent?.Member.Id,
        ParentEpoch = member.Parent?.Epoch,
        RootId = member.RootId,
        Split = split.Of(member),
        Dataset = member.Dataset.Name,
        DatasetId = member.Dataset.Id,
        Epochs = member.Epochs,
        Architecture = member.Architecture,
        Head = member.Head,
        Requested = JsonText.Of(member.Requested.ToMap()),
        Effective = JsonText.Of(member.Effective.ToMap()),
        Remarks = member.Remarks,
    };

    public byte[] ToJson()
    {
        var factors = new JsonObject();
        foreach (var factor in Factors) factors[factor.Name] = JsonText.Of(factor.Value);
        var json = new JsonObject { ["id"] = Id, ["stage"] = Stage, ["index"] = Index, ["seed"] = Seed, ["head_seed"] = HeadSeed, ["factors"] = factors };
        if (ParentId is not null) json["parent"] = new JsonObject { ["member"] = ParentId, ["epoch"] = ParentEpoch is { } epoch ? epoch : "best" };
        (json["root"], json["split"], json["dataset"], json["dataset_id"], json["epochs"]) = (RootId, Split, Dataset, DatasetId, Epochs);
        if (Architecture is not null) json["architecture"] = ToJson(Architecture);
        if (Head is not null) json["head"] = new JsonObject { ["kind"] = Head.Kind.ToString().ToLowerInvariant(), ["hidden"] = Head.Hidden, ["out"] = Head.Out };
        if (Requested is not null) json["requested"] = Requested.DeepClone();
        if (Effective is not null) json["effective"] = Effective.DeepClone();
        json["remarks"] = new JsonArray([.. Remarks.Select(remark => (JsonNode)remark)]);
        if (Flags.Count > 0) json["flags"] = new JsonArray([.. Flags.Select(flag => (JsonNode)flag)]);
        return JsonText.Page(json);
    }

    /// <exception cref="PopulationException">The content is no card.</exception>
    public static MemberCard Read(ReadOnlyMemory<byte> content, string path)
    {
        var json = JsonText.Read(content, path);
        var parent = json.FindObject("parent");
        var id = json.FindText("id") ?? throw new PopulationException($"'{path}' does not say the member's id.");
        return new()
        {
            Id = id,
            Stage = json.FindText("stage") ?? "",
            Index = (int)Math.Clamp(json.FindWhole("index") ?? 0, 0, int.MaxValue),
            Seed = json.FindWhole("seed"),
            HeadSeed = json.FindWhole("head_seed"),
            Factors = json.FindObject("factors") is { } factors ? [.. factors.EnumerateObject().Select(factor => new MemberFactor(factor.Name, factor.Value.Plain()))] : [],
            ParentId = parent?.FindText("member"),
            ParentEpoch = (int?)parent?.FindWhole("epoch"),
            RootId = json.FindText("root") ?? id,
            Split = json.FindText("split") ?? "train",
            Dataset = json.FindText("dataset"),
            DatasetId = json.FindText("dataset_id"),
            Epochs = (int?)json.FindWhole("epochs"),
            Architecture = json.FindObject("architecture") is { } architecture ? ReadArchitecture(architecture, path) : null,
            Head = json.FindObject("head") is { } head ? ReadHead(head, path) : null,
            Requested = json.FindObject("requested") is { } requested ? JsonNode.Parse(requested.GetRawText()) : null,
            Effective = json.FindObject("effective") is { } effective ? JsonNode.Parse(effective.GetRawText()) : null,
            Remarks = Texts(json, "remarks"),
            Flags = Texts(json, "flags"),
        };
    }

    internal static JsonObject ToJson(Architecture model) => new()
    {
        ["family"] = model.Family.ToString().ToLowerInvariant(), ["image"] = model.Image, ["channels"] = model.Channels, ["patch"] = model.Patch, ["dim"] = model.Dim, ["depth"] = model.Depth,
        ["heads"] = model.Heads, ["mlp"] = model.Mlp, ["hidden"] = new JsonArray([.. model.Hidden.Select(width => (JsonNode)width)]), ["kernel"] = model.Kernel, ["activation"] = model.Activation.ToString().ToLowerInvariant(),
    };

    static Architecture ReadArchitecture(JsonElement json, string path) => new()
    {
        Family = Word<Family>(json, "family", path),
        Image = Whole(json, "image", path, 1, 4096),
        Channels = Whole(json, "channels", path, 1, 64),
        Patch = Whole(json, "patch", path, 1, 4096),
        Dim = Whole(json, "dim", path, 0, 16_384),
        Depth = Whole(json, "depth", path, 0, 256),
        Heads = Whole(json, "heads", path, 0, 256),
        Mlp = Whole(json, "mlp", path, 0, 65_536),
        Hidden = json.TryGetProperty("hidden", out var hidden) && hidden.ValueKind == JsonValueKind.Array ? [.. hidden.EnumerateArray().Take(256).Select(width => width.TryGetInt32(out var number) && number is > 0 and <= 65_536 ? number : throw Bad("hidden", path))] : [],
        Kernel = Whole(json, "kernel", path, 1, 31),
        Activation = Word<Activation>(json, "activation", path),
    };

    static HeadShape ReadHead(JsonElement json, string path) => new(Word<HeadKind>(json, "kind", path), Whole(json, "hidden", path, 0, 65_536), Whole(json, "out", path, 1, 1_000_000));

    static int Whole(JsonElement json, string name, string path, int low, int high) => json.FindWhole(name) is { } number && number >= low && number <= high ? (int)number : throw Bad(name, path);

    static T Word<T>(JsonElement json, string name, string path) where T : struct, Enum => Enum.TryParse<T>(json.FindText(name), ignoreCase: true, out var value) && Enum.IsDefined(value) ? value : throw Bad(name, path);

    static PopulationException Bad(string name, string path) => new($"'{path}' says nothing sensible for '{name}'.");

    static IReadOnlyList<string> Texts(JsonElement json, string name) => json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)] : [];
}
